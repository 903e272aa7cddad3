-- Open now: one row a chat that was open when the account was last read, those that wait first, the longest above.
-- Abertos agora: uma linha por atendimento aberto na última leitura da conta, os que esperam primeiro, o mais antigo acima.
--
-- Formula: age = marts.as_of.as_of - created_at; its business minutes are those of the chat's own calendar (marts.desks).
-- Edge cases:
--   "Now" is the last landing, not the reader's clock. A chat waits while neither an agent nor the bot has it.
--   A chat whose opening is unreadable has no age, and comes last.
--   API v2 tells no situation: whether a chat that no agent has waits, or is with the bot, is unknown there.
-- Fórmula: idade = marts.as_of.as_of - created_at; em horário comercial, pelo calendário do atendimento (marts.desks).
-- Casos especiais:
--   "Agora" é a última coleta, não o relógio de quem lê. Um atendimento espera enquanto nem agente nem robô está com
--   ele.
--   Um atendimento de abertura ilegível não tem idade, e vem por último.
--   A API v2 não informa a situação: lá não se sabe se um atendimento sem agente espera ou está com o robô.
-- Refresh: view, the open chats are few.
--
-- Columns:
--   company_id BIGINT
--   chat_id BIGINT
--   situation VARCHAR
--   channel VARCHAR
--   department_id BIGINT
--   department VARCHAR: Its name. | Seu nome.
--   agent_id BIGINT
--   agent VARCHAR: The agent's name. | Nome do agente.
--   contact_id BIGINT
--   created_at_local TIMESTAMP
--   waits BOOLEAN: Neither an agent nor the bot has it; NULL where nobody tells.
--     | Nem um agente nem o robô está com ele; NULL se ninguém informa.
--   is_answered BOOLEAN: An agent has answered: first_response_basis in marts.chat_times says how that is known.
--     | Um agente já respondeu: first_response_basis em marts.chat_times diz como se sabe.
--   age_minutes DOUBLE: Since the opening. | Desde a abertura.
--   age_business_minutes DOUBLE: Of them in business hours. | Parte disso em horário comercial.
--
-- Example: opened at 17:50, read the next morning at 08:20; one that an agent has, one that is with the bot.
--   Chat 4 is of department 77, whose desk works from 22:00 to 06:00: it ages from 22:00.
--   chats
--   | id | situation     | channel | agent_id | created_at       | attended_at      | fetched_at       | department_id |
--   | 1  | wait_for_chat | widget  |          | 2026-11-09 17:50 |                  | 2026-11-10 08:20 |               |
--   | 2  | in_chat       | widget  | 7        | 2026-11-10 08:10 | 2026-11-10 08:15 | 2026-11-10 08:20 |               |
--   | 3  | auto          | widget  |          | 2026-11-10 08:15 |                  | 2026-11-10 08:20 |               |
--   | 4  | wait_for_chat | widget  |          | 2026-11-09 17:50 |                  | 2026-11-10 08:20 | 77            |
--   gives
--   | chat_id | situation     | waits | is_answered | age_minutes | age_business_minutes |
--   | 1       | wait_for_chat | true  | false       | 870.0       | 30.0                 |
--   | 2       | in_chat       | false | true        | 10.0        | 10.0                 |
--   | 3       | auto          | false | false       | 5.0         | 5.0                  |
--   | 4       | wait_for_chat | true  | false       | 870.0       | 480.0                |
SELECT
    t.company_id,
    t.chat_id,
    t.situation,
    t.channel,
    t.department_id,
    d.name AS department,
    t.agent_id,
    a.name AS agent,
    t.contact_id,
    t.created_at_local,
    t.agent_id IS NULL AND t.situation <> 'auto' AS waits,
    t.first_response_seconds IS NOT NULL AS is_answered,
    round(((epoch(n.as_of) - epoch(t.created_at)) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS age_minutes,
    round(((b.business_seconds_before - t.business_seconds_before) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS age_business_minutes
FROM marts.chat_times AS t
JOIN marts.as_of AS n ON n.company_id = t.company_id
JOIN marts.desks AS b ON b.company_id = t.company_id AND b.calendar = t.calendar
LEFT JOIN marts.names AS d ON d.company_id = t.company_id AND d.kind = 'department' AND d.id = t.department_id
LEFT JOIN marts.names AS a ON a.company_id = t.company_id AND a.kind = 'agent' AND a.id = t.agent_id
WHERE t.is_open
ORDER BY waits DESC NULLS LAST, t.created_at NULLS LAST, t.chat_id
