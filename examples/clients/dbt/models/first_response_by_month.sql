-- A month's median is computed from the chats, never from the days' medians.
SELECT
    company_id,
    date_trunc('month', day)::DATE AS month,
    department_id,
    count(*) AS chats,
    count(first_response_seconds) AS answered,
    round(quantile_cont(first_response_seconds, 0.5) / 60, 2) AS median_minutes,
    round(quantile_cont(first_response_business_seconds, 0.5) / 60, 2) AS median_business_minutes
FROM {{ source('huggy_marts', 'chat_times') }}
WHERE day IS NOT NULL
GROUP BY ALL
