-- First response by day: how long customers waited for the first answer of a person.
-- Primeira resposta por dia: quanto os clientes esperaram pela primeira resposta de uma pessoa.
--
-- Formula: created_at to the first message of an agent where the messages of the chat are landed, else to attended_at;
--   median and 90th percentile, interpolated, of the chats opened on the day.
-- Edge cases:
--   A chat that an agent opens by writing is answered at once.
--   Business percentiles count a chat without a business second as 0: read outside_hours_share beside them.
--   The bot's messages, also those that Huggy calls an agent's, and internal notes are no response: message_speakers
--   decides who spoke. NULL, not 0, while there is none.
--   A series changes its meaning where by_message jumps: messages of older chats are landed only on request.
--   If messages are not landed, taking the chat counts as answering it: first_response_basis in marts.chat_times.
--   Percentiles cannot be added or averaged over days: take them again from marts.chat_times.
-- Fórmula: de created_at à primeira mensagem de um agente se as mensagens do atendimento foram coletadas, senão a
--   attended_at; mediana e percentil 90, interpolados, dos atendimentos iniciados no dia.
-- Casos especiais:
--   Um atendimento que um agente inicia escrevendo é respondido na hora.
--   Os percentis comerciais contam como 0 o que não tem um segundo comercial: leia outside_hours_share ao lado.
--   Mensagens do robô, também as que a Huggy chama de agente, e notas internas não são resposta: message_speakers diz
--   quem falou. NULL, e não 0, enquanto não há nenhuma.
--   Uma série em que by_message salta muda de sentido ali: mensagens de atendimentos antigos só são coletadas a
--   pedido.
--   Onde mensagens não são coletadas, assumir vale por responder: first_response_basis em marts.chat_times.
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
--   by_message BIGINT: Of those, the ones read from messages; the others from the moment an agent took the chat.
--     | Destes, os lidos das mensagens; os demais, do momento em que um agente assumiu.
--   median_minutes DOUBLE: Half took no longer; NULL where none is measured.
--     | Metade levou no máximo isto; NULL se nenhum medido.
--   p90_minutes DOUBLE: Nine of ten took no longer. | Nove em dez levaram no máximo isto.
--   median_business_minutes DOUBLE: As median_minutes, in business time. | Como median_minutes, em horário comercial.
--   p90_business_minutes DOUBLE: As p90_minutes, in business time. | Como p90_minutes, em horário comercial.
--   outside_hours BIGINT: Of the measured, those without a business second: 0 in the business percentiles.
--     | Dos medidos, os sem um segundo comercial: 0 nos percentis em horário comercial.
--   outside_hours_share DOUBLE: outside_hours / measured; NULL where that is 0. | outside_hours / measured; NULL se for 0.
--
-- Example: attended_at counts where no messages are landed, 5 minutes; else the agent's message, 15 minutes, not the
--   bots' at once, of which one speaks as an agent, nor the internal note; the bot's chat has none.
--   chats
--   | id | situation | channel | department_id | agent_id | created_at       | attended_at      | closed_at        |
--   | 1  | finishing | widget  | 31            | 7        | 2026-11-09 09:00 | 2026-11-09 09:05 | 2026-11-09 09:30 |
--   | 2  | finishing | widget  | 31            | 8        | 2026-11-09 10:00 | 2026-11-09 10:02 | 2026-11-09 10:20 |
--   | 3  | finishing | widget  | 31            |          | 2026-11-09 11:00 |                  | 2026-11-09 11:03 |
--   messages
--   | id | chat_id | contact_id | sender_id | sender_type   | type | is_internal | sent_at          |
--   | 1  | 2       | 5          | 99        | virtual_agent | text | false       | 2026-11-09 10:00 |
--   | 4  | 2       | 5          | 1         | agent         | text | false       | 2026-11-09 10:00 |
--   | 2  | 2       | 5          | 8         | agent         | text | true        | 2026-11-09 10:05 |
--   | 3  | 2       | 5          | 8         | agent         | text | false       | 2026-11-09 10:15 |
--   gives
--   | grouped_by | channel | department_id | agent_id | chats | measured | by_message | median_minutes | p90_minutes | p90_business_minutes |
--   | agent      |         |               | 7        | 1     | 1        | 0          | 5.0            | 5.0         | 5.0                  |
--   | agent      |         |               | 8        | 1     | 1        | 1          | 15.0           | 15.0        | 15.0                 |
--   | agent      |         |               |          | 1     | 0        | 0          |                |             |                      |
--   | channel    | widget  |               |          | 3     | 2        | 1          | 10.0           | 14.0        | 14.0                 |
--   | department |         | 31            |          | 3     | 2        | 1          | 10.0           | 14.0        | 14.0                 |
--   | day        |         |               |          | 3     | 2        | 1          | 10.0           | 14.0        | 14.0                 |
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
    count(first_response_seconds) AS measured,
    count(*) FILTER (first_response_basis = 'message') AS by_message,
    round((quantile_cont(first_response_seconds, 0.5) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_minutes,
    round((quantile_cont(first_response_seconds, 0.9) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS p90_minutes,
    round((quantile_cont(first_response_business_seconds, 0.5) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_business_minutes,
    round((quantile_cont(first_response_business_seconds, 0.9) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS p90_business_minutes,
    count(*) FILTER (first_response_business_seconds = 0 AND (first_response_seconds > 0 OR NOT opened_in_hours)) AS outside_hours,
    round((outside_hours / nullif(measured, 0))::DECIMAL(38, 9), 4)::DOUBLE AS outside_hours_share
FROM touched_chat_times
GROUP BY GROUPING SETS (
    (company_id, day), (company_id, day, channel), (company_id, day, department_id), (company_id, day, agent_id)
)
