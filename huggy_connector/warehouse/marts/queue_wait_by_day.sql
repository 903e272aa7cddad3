-- Queue wait by day: how long customers waited in the queue, or since the opening of the chat, until an agent took it.
-- Espera na fila por dia: quanto os clientes esperaram na fila, ou desde a abertura, até um agente assumir.
--
-- Formula: queue_seconds of marts.chat_times of the chats opened on the day: attended_at - queued_at where events tell of
--   the queue, else attended_at - created_at; median and 90th percentile, interpolated.
-- Edge cases:
--   Chats that no agent took (bot only, still waiting) count in chats and not in measured: their wait is NULL, not 0.
--   Without events of Huggy's webhook nobody knows when a chat entered the queue: the wait then includes the bot's part.
--   A series changes its meaning where by_event jumps. taken_seconds of marts.chat_times keeps the older one.
--   Percentiles cannot be added or averaged over days: take them again from marts.chat_times.
-- Fórmula: queue_seconds de marts.chat_times dos atendimentos iniciados no dia: attended_at - queued_at se eventos informam
--   a fila, senão attended_at - created_at; mediana e percentil 90, interpolados.
-- Casos especiais:
--   Os que nenhum agente assumiu (só robô, ainda esperando) contam em chats e não em measured: sua espera é NULL, não
--   0.
--   Sem eventos do webhook da Huggy não se sabe quando o atendimento entrou na fila: a parte do robô está então incluída.
--   Uma série em que by_event salta muda de sentido ali. taken_seconds de marts.chat_times mantém o anterior.
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
--   by_event BIGINT: Of those, the ones whose time in the queue events tell; the others count from the opening.
--     | Desses, os cujo tempo na fila eventos informam; os demais contam da abertura.
--   median_minutes DOUBLE: Half took no longer; NULL where none is measured.
--     | Metade levou no máximo isto; NULL se nenhum medido.
--   p90_minutes DOUBLE: Nine of ten took no longer. | Nove em dez levaram no máximo isto.
--   median_business_minutes DOUBLE: As median_minutes, in business time. | Como median_minutes, em horário comercial.
--   p90_business_minutes DOUBLE: As p90_minutes, in business time. | Como p90_minutes, em horário comercial.
--   outside_hours BIGINT: Of the measured, those without a business second: 0 in the business percentiles.
--     | Dos medidos, os sem um segundo comercial: 0 nos percentis em horário comercial.
--   outside_hours_share DOUBLE: outside_hours / measured; NULL where that is 0. | outside_hours / measured; NULL se for 0.
--
-- Example: waits of 2, 4 and 12 minutes, the last from 17:58 on, when two of them are business time; one still waits. Of
--   the second the webhook told: it came to the queue after 5 minutes with the bot.
--   chats
--   | id | situation     | channel | created_at       | attended_at      |
--   | 1  | in_chat       | widget  | 2026-11-09 09:00 | 2026-11-09 09:02 |
--   | 2  | in_chat       | widget  | 2026-11-09 09:55 | 2026-11-09 10:04 |
--   | 3  | in_chat       | email   | 2026-11-09 17:58 | 2026-11-09 18:10 |
--   | 4  | wait_for_chat | email   | 2026-11-09 11:00 |                  |
--   events
--   | event_id | event           | chat_id | situation     | occurred_at      |
--   | a        | startedChat     | 2       | auto          | 2026-11-09 09:55 |
--   | b        | receivedMessage | 2       | wait_for_chat | 2026-11-09 10:00 |
--   gives
--   | grouped_by | channel | department_id | agent_id | chats | measured | by_event | median_minutes | p90_minutes | median_business_minutes |
--   | channel    | email   |               |          | 2     | 1        | 0        | 12.0           | 12.0        | 2.0                     |
--   | channel    | widget  |               |          | 2     | 2        | 1        | 3.0            | 3.8         | 3.0                     |
--   | department |         |               |          | 4     | 3        | 1        | 4.0            | 10.4        | 2.0                     |
--   | agent      |         |               |          | 4     | 3        | 1        | 4.0            | 10.4        | 2.0                     |
--   | day        |         |               |          | 4     | 3        | 1        | 4.0            | 10.4        | 2.0                     |
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
    count(queue_seconds) AS measured,
    count(*) FILTER (queue_basis = 'event') AS by_event,
    round((quantile_cont(queue_seconds, 0.5) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_minutes,
    round((quantile_cont(queue_seconds, 0.9) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS p90_minutes,
    round((quantile_cont(queue_business_seconds, 0.5) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_business_minutes,
    round((quantile_cont(queue_business_seconds, 0.9) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS p90_business_minutes,
    count(*) FILTER (queue_business_seconds = 0 AND (queue_seconds > 0 OR NOT taken_in_hours)) AS outside_hours,
    round((outside_hours / nullif(measured, 0))::DECIMAL(38, 9), 4)::DOUBLE AS outside_hours_share
FROM touched_chat_times
GROUP BY GROUPING SETS (
    (company_id, day), (company_id, day, channel), (company_id, day, department_id), (company_id, day, agent_id)
)
