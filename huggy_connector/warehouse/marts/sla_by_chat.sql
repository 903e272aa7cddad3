-- Service level by chat: whether a chat kept each target of marts.targets. marts.sla_by_day counts these rows.
-- Nível de serviço por atendimento: se cumpriu cada meta de marts.targets. marts.sla_by_day conta estas linhas.
--
-- Formula: met if it happened within the target, on the target's clock; missed if it happened later, or had not
--   happened when the target passed; pending while it can still be met; cancelled if the chat was closed before that;
--   outside_hours if all of it lies outside the hours, on the business clock.
-- Edge cases: those of marts.sla_by_day. A chat without a target has no row.
-- Fórmula: met se ocorreu dentro da meta, no relógio da meta; missed se ocorreu depois, ou não tinha ocorrido quando a
--   meta passou; pending enquanto ainda pode; cancelled se foi encerrado antes; outside_hours se tudo ficou fora do
--   expediente, no relógio comercial.
-- Casos especiais: os de marts.sla_by_day. Um atendimento sem meta não tem linha.
-- Refresh: view, over marts.chat_times and marts.settled_chats.
--
-- Columns:
--   company_id BIGINT
--   chat_id BIGINT
--   day DATE
--   metric VARCHAR: queue_wait, first_response, handling or resolution.
--     | queue_wait, first_response, handling ou resolution.
--   channel VARCHAR
--   department_id BIGINT
--   agent_id BIGINT
--   handled_by VARCHAR
--   verdict VARCHAR: met, missed, pending, cancelled or outside_hours.
--     | met, missed, pending, cancelled ou outside_hours.
--   target_seconds DOUBLE: The target. | A meta.
--   seconds DOUBLE: How long it took, on the target's clock; NULL if it has not happened.
--     | Quanto levou, no relógio da meta; NULL se não ocorreu.
--
-- Example: the target is 15 business minutes. Answered after 10 minutes, and after 16; still waiting for 5 minutes.
--   chats
--   | id | situation     | agent_id | created_at       | attended_at      | fetched_at       |
--   | 1  | in_chat       | 7        | 2026-11-10 09:00 | 2026-11-10 09:10 | 2026-11-10 12:00 |
--   | 2  | in_chat       | 7        | 2026-11-10 09:00 | 2026-11-10 09:16 | 2026-11-10 12:00 |
--   | 3  | wait_for_chat |          | 2026-11-10 11:55 |                  | 2026-11-10 12:00 |
--   gives (metric = 'first_response')
--   | chat_id | day        | verdict | target_seconds | seconds |
--   | 1       | 2026-11-10 | met     | 900.0          | 600.0   |
--   | 2       | 2026-11-10 | missed  | 900.0          | 960.0   |
--   | 3       | 2026-11-10 | pending | 900.0          |         |
WITH clocked AS (
    SELECT
        t.*,
        CASE WHEN is_open THEN epoch(n.as_of) - epoch(t.created_at) ELSE resolution_seconds END AS age,
        CASE
            WHEN is_open THEN b.business_seconds_before - t.business_seconds_before
            ELSE resolution_business_seconds
        END AS business_age
    FROM (
        FROM marts.chat_times ANTI JOIN marts.settled_chats USING (company_id, chat_id)
        UNION ALL BY NAME FROM marts.settled_chats
    ) AS t
    JOIN marts.as_of AS n ON n.company_id = t.company_id
    JOIN marts.desks AS b ON b.company_id = t.company_id AND b.calendar = t.calendar
    WHERE t.handled_by IS DISTINCT FROM 'bot' AND t.situation IS DISTINCT FROM 'auto'
        AND NOT (t.is_open AND t.handled_by IS NULL AND t.situation IS NULL)
),
measured AS (
    SELECT
        t.*,
        s.metric,
        s.minutes * 60 AS target,
        s.clock,
        s.outside_hours AS outside_rule,
        CASE s.metric
            WHEN 'queue_wait' THEN queue_seconds
            WHEN 'first_response' THEN first_response_seconds
            WHEN 'handling' THEN handling_seconds
            ELSE resolution_seconds
        END AS took,
        CASE s.metric
            WHEN 'queue_wait' THEN queue_business_seconds
            WHEN 'first_response' THEN first_response_business_seconds
            WHEN 'handling' THEN handling_business_seconds
            ELSE resolution_business_seconds
        END AS business_took,
        CASE
            WHEN s.metric = 'handling' THEN age - taken_seconds
            WHEN s.metric = 'queue_wait' AND t.handled_by = 'abandoned' THEN abandoned_seconds
            ELSE age
        END AS elapsed,
        CASE
            WHEN s.metric = 'handling' THEN business_age - taken_business_seconds
            WHEN s.metric = 'queue_wait' AND t.handled_by = 'abandoned' THEN abandoned_business_seconds
            ELSE business_age
        END AS business_elapsed,
        CASE s.metric
            WHEN 'handling' THEN taken_in_hours
            WHEN 'queue_wait' THEN coalesce(taken_in_hours, opened_in_hours)
            ELSE opened_in_hours
        END AS in_hours
    FROM clocked AS t JOIN marts.targets AS s ON s.calendar = t.calendar
    WHERE t.handled_by IS DISTINCT FROM 'abandoned' OR s.metric IN ('queue_wait', 'first_response')
),
timed AS (
    SELECT
        *,
        CASE clock WHEN 'business' THEN business_took ELSE took END AS counted,
        CASE clock WHEN 'business' THEN business_elapsed ELSE elapsed END AS waited,
        clock = 'business' AND outside_rule = 'apart' AND NOT (is_open AND took IS NULL)
            AND coalesce(business_took, business_elapsed) = 0 AND (coalesce(took, elapsed) > 0 OR NOT in_hours)
            AS is_outside
    FROM measured
)
SELECT
    company_id,
    chat_id,
    day,
    metric,
    channel,
    department_id,
    agent_id,
    handled_by,
    CASE
        WHEN is_outside THEN 'outside_hours'
        WHEN counted <= target THEN 'met'
        WHEN counted > target OR waited > target THEN 'missed'
        WHEN is_open THEN 'pending'
        ELSE 'cancelled'
    END AS verdict,
    target::DOUBLE AS target_seconds,
    counted::DOUBLE AS seconds
FROM timed
