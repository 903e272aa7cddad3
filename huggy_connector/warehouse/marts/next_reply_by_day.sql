-- Next reply by day: how long customers waited for answers after the first one, and in total.
-- Próxima resposta por dia: quanto os clientes esperaram pelas respostas depois da primeira, e no total.
--
-- Formula: of the chats opened on the day that an agent handled, and whose messages are told: next reply = from the first of
--   the customer's messages that no agent has answered yet, after the first response, to the next message of an agent;
--   mean_minutes = all that they took / next_replies. The total reply time of a chat is the sum of all its replies, with
--   the first; the medians are over the chats with a reply.
-- Edge cases:
--   Bots and internal notes do not reply. Further messages of a customer who waits begin no other wait, and what an agent
--   writes unasked is no reply. A message that no agent has answered has no reply yet: marts.chat_times.
--   The first reply is measured from the customer's first message, the first response from the chat's opening.
--   Messages are told if they were read after the last change of the chat: with_messages says of how many chats.
--   The agent is the one in charge of the chat, whoever wrote. Medians cannot be added; a mean is of next_replies.
-- Fórmula: dos atendimentos abertos no dia que um agente atendeu e cujas mensagens são conhecidas: próxima resposta = da
--   primeira das mensagens do cliente que nenhum agente respondeu ainda, depois da primeira resposta, até a próxima
--   mensagem de um agente; mean_minutes = tudo o que levaram / next_replies. O tempo total de resposta de um atendimento é
--   a soma de todas as suas respostas, com a primeira; as medianas são dos atendimentos com uma resposta.
-- Casos especiais:
--   Robôs e notas internas não respondem. Outras mensagens de um cliente que já espera não iniciam outra espera, e o que um
--   agente escreve sem pergunta não é resposta. Uma mensagem não respondida ainda não tem resposta: marts.chat_times.
--   A primeira destas respostas é medida da primeira mensagem do cliente; first_response, da abertura do atendimento.
--   Mensagens são conhecidas se lidas após a última mudança do atendimento: with_messages diz de quantos.
--   O agente é o responsável pelo atendimento, quem quer que tenha escrito. Medianas não se somam; a média é de next_replies.
-- Refresh: view, a count over marts.chat_times.
--
-- Columns:
--   company_id BIGINT
--   day DATE
--   channel VARCHAR
--   department_id BIGINT
--   department VARCHAR
--   agent_id BIGINT
--   agent VARCHAR
--   with_messages BIGINT: Chats that an agent handled, and whose messages are told.
--     | Atendimentos que um agente atendeu, e cujas mensagens são conhecidas.
--   with_next_reply BIGINT: Of them, those with a reply after the first response.
--     | Deles, os com uma resposta depois da primeira.
--   next_replies BIGINT: Replies after the first response. | Respostas depois da primeira.
--   mean_minutes DOUBLE: What one of these took in the mean; NULL without one. | Quanto uma destas levou em média; NULL sem nenhuma.
--   mean_business_minutes DOUBLE: The same in business time. | O mesmo em horário comercial.
--   max_minutes DOUBLE: The longest of these. | A mais longa destas.
--   max_business_minutes DOUBLE: The longest in business time. | A mais longa em horário comercial.
--   replies BIGINT: All replies, with the first. | Todas as respostas, com a primeira.
--   median_total_minutes DOUBLE: Total reply time: half of the chats took no longer; NULL without a reply.
--     | Tempo total de resposta: metade dos atendimentos levou no máximo isto; NULL sem resposta.
--   median_total_business_minutes DOUBLE: The same in business time. | O mesmo em horário comercial.
--
-- Example: the customer asks at 09:00 and is answered at 09:10, with the first response. They write twice, at 09:20 and 09:22; a
--   bot at 09:21 and a note of 09:23 are no answer, Ana answers at 09:35: 15 minutes. What she adds is no reply. They ask
--   again at 17:50 and are answered at 08:10 on the next day: 860 minutes, 20 of business. The last question is still open.
--   The messages of chat 2 were read before its last change.
--   chats
--   | id | situation | agent_id | agents               | created_at       | attended_at      | updated_at       | fetched_at       |
--   | 1  | in_chat   | 7        | [{id: 7, name: Ana}] | 2026-11-09 09:00 | 2026-11-09 09:05 | 2026-11-10 08:30 | 2026-11-10 12:00 |
--   | 2  | in_chat   | 7        | [{id: 7, name: Ana}] | 2026-11-09 09:00 | 2026-11-09 09:05 | 2026-11-10 11:30 | 2026-11-10 12:00 |
--   messages
--   | id | chat_id | contact_id | sender_id | sender_type   | is_internal | sent_at          | fetched_at       |
--   | 1  | 1       | 5          | 5         | widget        | false       | 2026-11-09 09:00 | 2026-11-10 09:00 |
--   | 2  | 1       | 5          | 7         | agent         | false       | 2026-11-09 09:10 | 2026-11-10 09:00 |
--   | 3  | 1       | 5          | 5         | widget        | false       | 2026-11-09 09:20 | 2026-11-10 09:00 |
--   | 4  | 1       | 5          | 99        | virtual_agent | false       | 2026-11-09 09:21 | 2026-11-10 09:00 |
--   | 5  | 1       | 5          | 5         | widget        | false       | 2026-11-09 09:22 | 2026-11-10 09:00 |
--   | 6  | 1       | 5          | 7         | agent         | true        | 2026-11-09 09:23 | 2026-11-10 09:00 |
--   | 7  | 1       | 5          | 7         | agent         | false       | 2026-11-09 09:35 | 2026-11-10 09:00 |
--   | 8  | 1       | 5          | 7         | agent         | false       | 2026-11-09 09:36 | 2026-11-10 09:00 |
--   | 9  | 1       | 5          | 5         | widget        | false       | 2026-11-09 17:50 | 2026-11-10 09:00 |
--   | 10 | 1       | 5          | 7         | agent         | false       | 2026-11-10 08:10 | 2026-11-10 09:00 |
--   | 11 | 1       | 5          | 5         | widget        | false       | 2026-11-10 08:20 | 2026-11-10 09:00 |
--   | 12 | 2       | 5          | 5         | widget        | false       | 2026-11-09 09:00 | 2026-11-10 09:00 |
--   | 13 | 2       | 5          | 7         | agent         | false       | 2026-11-09 09:30 | 2026-11-10 09:00 |
--   gives
--   | day        | agent | with_messages | with_next_reply | next_replies | mean_minutes | mean_business_minutes | max_minutes | max_business_minutes | replies | median_total_minutes | median_total_business_minutes |
--   | 2026-11-09 | Ana   | 1             | 1               | 2            | 437.5        | 17.5                  | 860.0       | 20.0                 | 3       | 885.0                | 45.0                          |
WITH counted AS (
    SELECT
        company_id,
        day,
        channel,
        department_id,
        department,
        agent_id,
        agent,
        count(*) AS with_messages,
        count(*) FILTER (next_replies > 0) AS with_next_reply,
        sum(next_replies)::BIGINT AS next_replies,
        sum(next_reply_seconds_total) / nullif(sum(next_replies), 0) AS mean,
        sum(next_reply_business_seconds_total) / nullif(sum(next_replies), 0) AS business_mean,
        max(next_reply_max_seconds) AS longest,
        max(next_reply_max_business_seconds) AS business_longest,
        sum(replies)::BIGINT AS replies,
        quantile_cont(reply_seconds_total, 0.5) AS total,
        quantile_cont(reply_business_seconds_total, 0.5) AS business_total
    FROM marts.chat_times
    WHERE handled_by = 'agent' AND messages IS NOT NULL
    GROUP BY ALL
)
SELECT
    company_id,
    day,
    channel,
    department_id,
    department,
    agent_id,
    agent,
    with_messages,
    with_next_reply,
    next_replies,
    round((mean / 60)::DECIMAL(38, 9), 2)::DOUBLE AS mean_minutes,
    round((business_mean / 60)::DECIMAL(38, 9), 2)::DOUBLE AS mean_business_minutes,
    round((longest / 60)::DECIMAL(38, 9), 2)::DOUBLE AS max_minutes,
    round((business_longest / 60)::DECIMAL(38, 9), 2)::DOUBLE AS max_business_minutes,
    replies,
    round((total / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_total_minutes,
    round((business_total / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_total_business_minutes
FROM counted
