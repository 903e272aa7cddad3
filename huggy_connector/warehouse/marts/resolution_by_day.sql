-- Resolution time by day: how long from opening a chat to closing it, of chats that an agent handled.
-- Tempo de resolução por dia: da abertura ao encerramento, dos atendimentos que um agente assumiu.
--
-- Formula: closed_at - created_at of the chats opened on the day; median and 90th percentile, interpolated.
-- Edge cases:
--   NULL, not 0, until the chat is closed. Chats that the bot alone closed are in marts.bot_and_human_by_day instead,
--   and chats that are undecided are left out: chats counts those with an agent.
--   A chat that was opened again is measured at its last closing.
--   Percentiles cannot be added or averaged over days: take them again from marts.chat_times.
-- Fórmula: closed_at - created_at dos atendimentos iniciados no dia; mediana e percentil 90, interpolados.
-- Casos especiais:
--   NULL, e não 0, até o encerramento. Os encerrados sem agente estão em marts.bot_and_human_by_day, e os indefinidos
--   ficam de fora: chats conta os que têm agente.
--   Um atendimento reaberto é medido em seu último encerramento.
--   Percentis não se somam nem se tiram médias deles por dia: calcule de novo a partir de marts.chat_times.
-- Refresh: touched days: percentiles read every row of a group, and few days change.
-- Groups: day, channel, department, agent.
--
-- Columns:
--   company_id BIGINT
--   day DATE
--   grouped_by VARCHAR: day, channel, department or agent: what the row is of. Never add rows of two.
--     | day, channel, department ou agent: do que é a linha. Nunca some linhas de dois.
--   channel VARCHAR
--   department_id BIGINT
--   agent_id BIGINT
--   chats BIGINT: Chats opened on the day. | Atendimentos iniciados no dia.
--   measured BIGINT: Of them, those where it has happened. | Deles, aqueles em que já ocorreu.
--   median_minutes DOUBLE: Half took no longer; NULL where none is measured.
--     | Metade levou no máximo isto; NULL se nenhum medido.
--   p90_minutes DOUBLE: Nine of ten took no longer. | Nove em dez levaram no máximo isto.
--   median_business_minutes DOUBLE: As median_minutes, in business time. | Como median_minutes, em horário comercial.
--   p90_business_minutes DOUBLE: As p90_minutes, in business time. | Como p90_minutes, em horário comercial.
--   outside_hours BIGINT: Of the measured, those without a business second: 0 in the business percentiles.
--     | Dos medidos, os sem um segundo comercial: 0 nos percentis em horário comercial.
--   outside_hours_share DOUBLE: outside_hours / measured; NULL where that is 0. | outside_hours / measured; NULL se for 0.
--
-- Example: resolved in 30 minutes on Monday; opened on Friday at 17:30, resolved on Monday at 08:30.
--   chats
--   | id | situation | agent_id | created_at       | attended_at      | closed_at        |
--   | 1  | finishing | 7        | 2026-11-09 09:00 | 2026-11-09 09:05 | 2026-11-09 09:30 |
--   | 2  | finishing | 7        | 2026-11-06 17:30 | 2026-11-09 08:10 | 2026-11-09 08:30 |
--   | 3  | finishing |          | 2026-11-09 11:00 |                  | 2026-11-09 11:03 |
--   gives
--   | grouped_by | day        | channel | department_id | agent_id | chats | measured | median_minutes | median_business_minutes |
--   | day        | 2026-11-06 |         |               |          | 1     | 1        | 3780.0         | 60.0                    |
--   | day        | 2026-11-09 |         |               |          | 1     | 1        | 30.0           | 30.0                    |
--   | channel    | 2026-11-06 |         |               |          | 1     | 1        | 3780.0         | 60.0                    |
--   | channel    | 2026-11-09 |         |               |          | 1     | 1        | 30.0           | 30.0                    |
--   | department | 2026-11-06 |         |               |          | 1     | 1        | 3780.0         | 60.0                    |
--   | department | 2026-11-09 |         |               |          | 1     | 1        | 30.0           | 30.0                    |
--   | agent      | 2026-11-06 |         |               | 7        | 1     | 1        | 3780.0         | 60.0                    |
--   | agent      | 2026-11-09 |         |               | 7        | 1     | 1        | 30.0           | 30.0                    |
SELECT
    company_id,
    day,
    CASE
        WHEN grouping(channel) = 0 THEN 'channel'
        WHEN grouping(department_id) = 0 THEN 'department'
        WHEN grouping(agent_id) = 0 THEN 'agent'
        ELSE 'day'
    END AS grouped_by,
    channel,
    department_id,
    agent_id,
    count(*) AS chats,
    count(resolution_seconds) AS measured,
    round((quantile_cont(resolution_seconds, 0.5) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_minutes,
    round((quantile_cont(resolution_seconds, 0.9) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS p90_minutes,
    round((quantile_cont(resolution_business_seconds, 0.5) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_business_minutes,
    round((quantile_cont(resolution_business_seconds, 0.9) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS p90_business_minutes,
    count(*) FILTER (resolution_business_seconds = 0 AND (resolution_seconds > 0 OR NOT opened_in_hours)) AS outside_hours,
    round((outside_hours / nullif(measured, 0))::DECIMAL(38, 9), 4)::DOUBLE AS outside_hours_share
FROM touched_chat_times
WHERE handled_by = 'agent'
GROUP BY GROUPING SETS (
    (company_id, day), (company_id, day, channel), (company_id, day, department_id), (company_id, day, agent_id)
)
