-- Agent performance: what each agent handled in a month, how fast, and how much of it in time.
-- Desempenho dos agentes: o que cada agente atendeu no mês, com que rapidez e quanto dentro da meta.
--
-- Formula: chats by the month of their opening and the agent in charge; medians of marts.chat_times; in_time =
--   met / (met + missed), which are the sums of marts.sla_by_day for first_response: the same figure as its attainment.
-- Edge cases:
--   A chat that was passed on counts for the agent who has it now; who else took part: chat_agents.
--   met and missed count for the agent of the first closing. An agent who has only such verdicts in a month, and no chat
--   now, has a row with 0 chats.
--   Unanswered needs messages: if those of a chat are not landed, taking the chat counts as answering it. A bot's
--   messages are no answer.
--   A chat that was never answered, or not within the target, is missed. Pending and cancelled ones are in neither.
--   Chats without a readable opening are in no month.
--   NULL, not 0, where nothing is measured. The current month counts up to the last landing.
-- Fórmula: atendimentos pelo mês da abertura e pelo agente responsável; medianas de marts.chat_times; in_time =
--   met / (met + missed), as somas de marts.sla_by_day para first_response: o mesmo número que seu attainment.
-- Casos especiais:
--   Um atendimento transferido conta para o agente que o tem agora; quem mais participou: chat_agents.
--   met e missed contam para o agente do primeiro encerramento. Quem só tem esses resultados no mês, e nenhum
--   atendimento agora, tem uma linha com 0 atendimentos.
--   Sem resposta (unanswered) requer mensagens: se as do atendimento não foram coletadas, assumir vale por responder.
--   As de um robô não são resposta.
--   O que nunca foi respondido, ou não dentro da meta, é missed. Os pendentes e cancelados não estão em nenhum dos dois.
--   Atendimentos sem abertura legível não estão em mês algum.
--   NULL, e não 0, onde nada foi medido. O mês corrente conta até onde foi coletado.
-- Refresh: view, a month and an agent are small groups.
--
-- Columns:
--   company_id BIGINT
--   month DATE: First day of the local month. | Primeiro dia do mês local.
--   agent_id BIGINT
--   agent VARCHAR: The agent's name. | Nome do agente.
--   chats BIGINT: Chats in the agent's charge. | Atendimentos a cargo do agente.
--   open BIGINT: Of them, those still open. | Deles, os ainda em aberto.
--   closed BIGINT: Of them, those closed by now. | Deles, os já encerrados.
--   with_messages BIGINT: Of them, those whose messages tell of the first response.
--     | Deles, aqueles cujas mensagens informam a primeira resposta.
--   unanswered BIGINT: Of the closed ones, those without a first response. | Dos encerrados, os sem primeira resposta.
--   days BIGINT: Days on which chats of theirs were opened. | Dias em que atendimentos seus foram iniciados.
--   chats_per_day DOUBLE: chats / days. | chats / days.
--   contacts BIGINT: Distinct customers. | Clientes distintos.
--   median_first_response_minutes DOUBLE: Half were answered no later. | Metade foi respondida até aí.
--   p90_first_response_minutes DOUBLE: Nine of ten were answered no later. | Nove em dez foram respondidos até aí.
--   median_first_response_business_minutes DOUBLE: The same in business time. | O mesmo em horário comercial.
--   p90_first_response_business_minutes DOUBLE: The same in business time. | O mesmo em horário comercial.
--   median_handling_minutes DOUBLE: Half were handled no longer. | Metade levou no máximo isto.
--   p90_handling_minutes DOUBLE: Nine of ten were handled no longer. | Nove em dez levaram no máximo isto.
--   median_handling_business_minutes DOUBLE: The same in business time. | O mesmo em horário comercial.
--   p90_handling_business_minutes DOUBLE: The same in business time. | O mesmo em horário comercial.
--   outside_hours BIGINT: Were answered without a business second passing: 0 in the business percentiles.
--     | Respondidos sem um segundo comercial: 0 nos percentis em horário comercial.
--   outside_hours_share DOUBLE: outside_hours / chats with a first response; NULL where that is 0.
--     | outside_hours / atendimentos com primeira resposta; NULL se for 0.
--   met BIGINT: Kept the target of the first response. | Cumpriram a meta da primeira resposta.
--   missed BIGINT: Did not, or were never answered. | Não cumpriram, ou nunca foram respondidos.
--   in_time DOUBLE: met / (met + missed); NULL where both are 0. | met / (met + missed); NULL se ambos 0.
--
-- Example: Ana answers after 5 and 25 minutes (the target is 15), on two days; Rui has one that is open, and one that he
--   took in the evening and closed in the morning without a word to the customer: that one is missed.
--   chats
--   | id | situation | agent_id | contact_id | created_at       | attended_at      | closed_at        |
--   | 1  | finishing | 7        | 1          | 2026-11-09 09:00 | 2026-11-09 09:05 | 2026-11-09 09:15 |
--   | 2  | finishing | 7        | 1          | 2026-11-10 10:00 | 2026-11-10 10:25 | 2026-11-10 10:55 |
--   | 3  | in_chat   | 8        | 2          | 2026-11-10 11:00 |                  |                  |
--   | 4  | finishing | 8        | 2          | 2026-11-09 17:50 | 2026-11-09 18:10 | 2026-11-10 08:20 |
--   messages
--   | id | chat_id | contact_id | sender_id | sender_type | type | is_internal | sent_at          | fetched_at       |
--   | 1  | 4       | 2          | 2         | customer    | text | false       | 2026-11-09 17:50 | 2026-11-10 09:00 |
--   agents
--   | id | name |
--   | 7  | Ana  |
--   | 8  | Rui  |
--   gives
--   | month      | agent | chats | open | closed | unanswered | days | contacts | median_first_response_minutes | median_handling_minutes | median_handling_business_minutes | met | missed | in_time |
--   | 2026-11-01 | Ana   | 2     | 0    | 2      | 0          | 2    | 1        | 15.0                          | 20.0                    | 20.0                             | 1   | 1      | 0.5     |
--   | 2026-11-01 | Rui   | 2     | 1    | 1      | 1          | 2    | 1        |                               | 850.0                   | 20.0                             | 0   | 1      | 0.0     |
WITH counted AS (
    SELECT
        company_id,
        date_trunc('month', day)::DATE AS month,
        agent_id,
        count(*) AS chats,
        count(*) FILTER (is_open) AS open,
        count(*) FILTER (NOT is_open) AS closed,
        count(*) FILTER (has_messages) AS with_messages,
        count(*) FILTER (NOT is_open AND day IS NOT NULL AND first_response_seconds IS NULL) AS unanswered,
        count(DISTINCT day) AS days,
        count(DISTINCT contact_id) AS contacts,
        round((quantile_cont(first_response_seconds, 0.5) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_first_response_minutes,
        round((quantile_cont(first_response_seconds, 0.9) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS p90_first_response_minutes,
        round((quantile_cont(first_response_business_seconds, 0.5) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_first_response_business_minutes,
        round((quantile_cont(first_response_business_seconds, 0.9) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS p90_first_response_business_minutes,
        round((quantile_cont(handling_seconds, 0.5) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_handling_minutes,
        round((quantile_cont(handling_seconds, 0.9) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS p90_handling_minutes,
        round((quantile_cont(handling_business_seconds, 0.5) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_handling_business_minutes,
        round((quantile_cont(handling_business_seconds, 0.9) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS p90_handling_business_minutes,
        count(first_response_seconds) AS answered,
        count(*) FILTER (first_response_business_seconds = 0 AND (first_response_seconds > 0 OR NOT opened_in_hours))
            AS outside_hours
    FROM marts.chat_times
    WHERE agent_id IS NOT NULL
    GROUP BY ALL
),
judged AS (
    SELECT
        company_id,
        date_trunc('month', day)::DATE AS month,
        agent_id,
        sum(met)::BIGINT AS met,
        sum(missed)::BIGINT AS missed
    FROM marts.sla_by_day
    WHERE metric = 'first_response' AND agent_id IS NOT NULL
    GROUP BY ALL
)
SELECT
    coalesce(c.company_id, j.company_id) AS company_id,
    coalesce(c.month, j.month) AS month,
    coalesce(c.agent_id, j.agent_id) AS agent_id,
    a.name AS agent,
    coalesce(c.chats, 0) AS chats,
    coalesce(c.open, 0) AS open,
    coalesce(c.closed, 0) AS closed,
    coalesce(c.with_messages, 0) AS with_messages,
    coalesce(c.unanswered, 0) AS unanswered,
    coalesce(c.days, 0) AS days,
    round((c.chats / nullif(c.days, 0))::DECIMAL(38, 9), 2)::DOUBLE AS chats_per_day,
    coalesce(c.contacts, 0) AS contacts,
    c.median_first_response_minutes,
    c.p90_first_response_minutes,
    c.median_first_response_business_minutes,
    c.p90_first_response_business_minutes,
    c.median_handling_minutes,
    c.p90_handling_minutes,
    c.median_handling_business_minutes,
    c.p90_handling_business_minutes,
    coalesce(c.outside_hours, 0) AS outside_hours,
    round((c.outside_hours / nullif(c.answered, 0))::DECIMAL(38, 9), 4)::DOUBLE AS outside_hours_share,
    j.met,
    j.missed,
    round((j.met / nullif(j.met + j.missed, 0))::DECIMAL(38, 9), 4)::DOUBLE AS in_time
FROM counted AS c
FULL JOIN judged AS j
    ON j.company_id = c.company_id AND j.month IS NOT DISTINCT FROM c.month AND j.agent_id = c.agent_id
LEFT JOIN marts.names AS a
    ON
        a.company_id = coalesce(c.company_id, j.company_id)
        AND a.kind = 'agent'
        AND a.id = coalesce(c.agent_id, j.agent_id)
WHERE c.company_id IS NOT NULL OR j.met + j.missed > 0
