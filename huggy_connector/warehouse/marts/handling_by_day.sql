-- Handling time by day: how long an agent had the chat, from taking it to closing it.
-- Tempo de atendimento por dia: quanto tempo um agente ficou com o atendimento, de assumir a encerrar.
--
-- Formula: closed_at - attended_at of the chats opened on the day; median and 90th percentile, interpolated.
-- Edge cases:
--   NULL, not 0, until the chat is closed; chats that no agent took are not measured.
--   Business percentiles count a chat without a business second as 0: read outside_hours_share beside them.
--   It includes pauses in the conversation: Huggy gives no working times.
--   Percentiles cannot be added or averaged over days: take them again from marts.chat_times.
-- Fórmula: closed_at - attended_at dos atendimentos iniciados no dia; mediana e percentil 90, interpolados.
-- Casos especiais:
--   NULL, e não 0, até o encerramento; atendimentos que nenhum agente assumiu não são medidos.
--   Os percentis comerciais contam como 0 o que não tem um segundo comercial: leia outside_hours_share ao lado.
--   As pausas da conversa estão incluídas: a Huggy não dá tempos de trabalho.
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
-- Example: handled in 20 minutes, and in 60 of which the last 50 are after hours; one is not closed yet;
--   one was taken and closed at night.
--   chats
--   | id | situation | department_id | created_at       | attended_at      | closed_at        |
--   | 1  | finishing | 31            | 2026-11-09 09:00 | 2026-11-09 09:10 | 2026-11-09 09:30 |
--   | 2  | finishing | 31            | 2026-11-09 17:40 | 2026-11-09 17:50 | 2026-11-09 18:50 |
--   | 3  | in_chat   | 31            | 2026-11-09 10:00 | 2026-11-09 10:10 |                  |
--   | 4  | finishing | 31            | 2026-11-09 20:00 | 2026-11-09 20:10 | 2026-11-09 20:25 |
--   gives
--   | grouped_by | channel | department_id | agent_id | chats | measured | median_minutes | p90_minutes | median_business_minutes | outside_hours | outside_hours_share |
--   | day        |         |               |          | 4     | 3        | 20.0           | 52.0        | 10.0                    | 1             | 0.3333              |
--   | channel    |         |               |          | 4     | 3        | 20.0           | 52.0        | 10.0                    | 1             | 0.3333              |
--   | department |         | 31            |          | 4     | 3        | 20.0           | 52.0        | 10.0                    | 1             | 0.3333              |
--   | agent      |         |               |          | 4     | 3        | 20.0           | 52.0        | 10.0                    | 1             | 0.3333              |
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
    count(handling_seconds) AS measured,
    round((quantile_cont(handling_seconds, 0.5) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_minutes,
    round((quantile_cont(handling_seconds, 0.9) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS p90_minutes,
    round((quantile_cont(handling_business_seconds, 0.5) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_business_minutes,
    round((quantile_cont(handling_business_seconds, 0.9) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS p90_business_minutes,
    count(*) FILTER (handling_business_seconds = 0 AND (handling_seconds > 0 OR NOT taken_in_hours)) AS outside_hours,
    round((outside_hours / nullif(measured, 0))::DECIMAL(38, 9), 4)::DOUBLE AS outside_hours_share
FROM touched_chat_times
GROUP BY GROUPING SETS (
    (company_id, day), (company_id, day, channel), (company_id, day, department_id), (company_id, day, agent_id)
)
