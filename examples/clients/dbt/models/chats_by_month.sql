-- Counts can be added over days. Medians cannot: see first_response_by_month.
SELECT company_id, date_trunc('month', day)::DATE AS month, channel, sum(chats)::BIGINT AS chats
FROM {{ source('huggy_marts', 'chats_by_day') }}
GROUP BY ALL
