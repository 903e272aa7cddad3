-- Service level by day: how many chats kept the targets of marts.targets, and how many did not.
-- Nível de serviço por dia: quantos atendimentos cumpriram as metas de marts.targets e quantos não.
--
-- Formula: met where it happened within the target, on the target's clock; missed where it happened later, or has not
--   happened and the target has passed; pending otherwise; attainment = met / (met + missed).
-- Edge cases:
--   Measured as of the last landing (marts.as_of). Pending chats are in neither side of attainment.
--   Chats that the bot has, or closed alone, have no target: nobody was to answer them. Nor has a chat that was closed
--   before it happened, or whose times are broken.
--   The handling target begins when an agent takes the chat; the others at the opening.
-- Refresh: view, a count over marts.chat_times.
--
-- Columns:
--   company_id BIGINT
--   day DATE
--   metric VARCHAR: queue_wait, first_response, handling or resolution.
--     | queue_wait, first_response, handling ou resolution.
--   channel VARCHAR
--   department_id BIGINT
--   met BIGINT: Kept the target. | Cumpriram a meta.
--   missed BIGINT: Did not. | Não cumpriram.
--   pending BIGINT: Can still keep it. | Ainda podem cumprir.
--   attainment DOUBLE: met / (met + missed); NULL where both are 0. | met / (met + missed); NULL se ambos 0.
--
-- Example: the target is 15 business minutes. Answered in time; late; after hours, in time by the business clock; not
--   answered for an hour; not answered for 5 minutes; with the bot for two hours.
--   chats
--   | id | situation     | agent_id | created_at       | attended_at      | closed_at | fetched_at       |
--   | 1  | in_chat       | 7        | 2026-11-09 09:00 | 2026-11-09 09:15 |           | 2026-11-10 12:00 |
--   | 2  | in_chat       | 7        | 2026-11-09 09:00 | 2026-11-09 09:16 |           | 2026-11-10 12:00 |
--   | 3  | in_chat       | 7        | 2026-11-09 17:58 | 2026-11-10 08:05 |           | 2026-11-10 12:00 |
--   | 4  | wait_for_chat |          | 2026-11-10 11:00 |                  |           | 2026-11-10 12:00 |
--   | 5  | wait_for_chat |          | 2026-11-10 11:55 |                  |           | 2026-11-10 12:00 |
--   | 6  | auto          |          | 2026-11-10 10:00 |                  |           | 2026-11-10 12:00 |
--   gives (metric = 'first_response')
--   | day        | metric         | met | missed | pending | attainment |
--   | 2026-11-09 | first_response | 2   | 1      | 0       | 0.6667     |
--   | 2026-11-10 | first_response | 0   | 1      | 1       | 0.0        |
WITH clocked AS (
    SELECT
        t.*,
        epoch(n.as_of) - epoch(t.created_at) AS age,
        n.business_seconds_before - c.business_seconds_before
            - least(greatest(epoch(t.created_at_local - (c.day + c.opens)), 0), c.business_seconds) AS business_age
    FROM marts.chat_times AS t
    JOIN marts.as_of AS n ON n.company_id = t.company_id
    LEFT JOIN marts.calendar AS c ON c.day = t.day
    WHERE t.handled_by = 'agent' OR (t.handled_by IS NULL AND t.situation IS DISTINCT FROM 'auto')
),
timed AS (
    SELECT
        t.company_id,
        t.day,
        s.metric,
        t.channel,
        t.department_id,
        s.minutes * 60 AS target,
        CASE s.metric
            WHEN 'queue_wait' THEN CASE s.clock WHEN 'business' THEN queue_business_seconds ELSE queue_seconds END
            WHEN 'first_response' THEN
                CASE s.clock WHEN 'business' THEN first_response_business_seconds ELSE first_response_seconds END
            WHEN 'handling' THEN
                CASE s.clock WHEN 'business' THEN handling_business_seconds ELSE handling_seconds END
            ELSE CASE s.clock WHEN 'business' THEN resolution_business_seconds ELSE resolution_seconds END
        END AS took,
        CASE
            WHEN NOT t.is_open THEN NULL
            WHEN s.metric = 'handling' AND s.clock = 'business' THEN business_age - queue_business_seconds
            WHEN s.metric = 'handling' THEN age - queue_seconds
            WHEN s.clock = 'business' THEN business_age
            ELSE age
        END AS elapsed
    FROM clocked AS t CROSS JOIN marts.targets AS s
)
SELECT
    company_id,
    day,
    metric,
    channel,
    department_id,
    count(*) FILTER (took <= target) AS met,
    count(*) FILTER (took > target OR (took IS NULL AND elapsed > target)) AS missed,
    count(*) FILTER (took IS NULL AND elapsed <= target) AS pending,
    round(
        count(*) FILTER (took <= target)
        / nullif(count(*) FILTER (took IS NOT NULL OR elapsed > target), 0),
        4
    ) AS attainment
FROM timed
GROUP BY ALL
