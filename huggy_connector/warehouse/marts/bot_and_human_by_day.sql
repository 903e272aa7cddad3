-- Bot against human: how many chats the bot closed alone, how many reached an agent, how many were given up before.
-- Robô e pessoas: quantos o robô encerrou sozinho, quantos chegaram a um agente, quantos foram abandonados antes.
--
-- Formula: handled_by of marts.chat_times: by_agent = an agent took it; abandoned = closed without an agent after it left
--   the bot; by_bot = closed without an agent before that. bot_share and abandoned_share are of by_bot + by_agent +
--   abandoned; abandonment_rate = abandoned / (abandoned + by_agent), of the chats that were for a person.
-- Edge cases:
--   A chat that is open and that no agent has taken is undecided: it is in none of the three, nor in the shares.
--   A chat without events that left the bot without a department is by_bot: Huggy's list does not tell of it.
--   Medians cannot be added or averaged: take them again from marts.chat_times.
-- Fórmula: handled_by de marts.chat_times: by_agent = um agente assumiu; abandoned = encerrado sem agente depois de sair
--   do robô; by_bot = encerrado sem agente antes disso. bot_share e abandoned_share são de by_bot + by_agent +
--   abandoned; abandonment_rate = abandoned / (abandoned + by_agent), dos que eram para uma pessoa.
-- Casos especiais:
--   Um atendimento em aberto que nenhum agente assumiu é indefinido: não está em nenhum dos três, nem nas frações.
--   O que saiu do robô sem departamento e sem eventos é by_bot: a lista da Huggy não informa.
--   Medianas não se somam nem se tiram médias delas: calcule de novo a partir de marts.chat_times.
-- Refresh: view, a count over marts.chat_times.
--
-- Columns:
--   company_id BIGINT
--   day DATE
--   channel VARCHAR
--   chats BIGINT: Chats opened on the day. | Atendimentos iniciados no dia.
--   by_bot BIGINT: Closed by the bot, without an agent. | Encerrados com o robô, sem agente.
--   by_agent BIGINT: Taken by an agent. | Assumidos por um agente.
--   undecided BIGINT: Open, without an agent so far. | Abertos, sem agente até agora.
--   abandoned BIGINT: Closed without an agent after it left the bot. | Encerrados sem agente depois de sair do robô.
--   bot_share DOUBLE: by_bot / (by_bot + by_agent + abandoned); NULL where all are 0.
--     | by_bot / (by_bot + by_agent + abandoned); NULL se todos 0.
--   abandoned_share DOUBLE: abandoned / (by_bot + by_agent + abandoned); NULL where all are 0.
--     | abandoned / (by_bot + by_agent + abandoned); NULL se todos 0.
--   abandonment_rate DOUBLE: abandoned / (abandoned + by_agent); NULL where both are 0.
--     | abandoned / (abandoned + by_agent); NULL se ambos 0.
--   median_bot_minutes DOUBLE: Half of the bot's chats took no longer. | Metade dos do robô não levou mais.
--   median_agent_minutes DOUBLE: Half of the agents' chats took no longer. | Metade dos de agentes não levou mais.
--   median_abandoned_minutes DOUBLE: Half gave up no later than this after the queue, or the opening, began.
--     | Metade desistiu até aí depois do começo da fila, ou da abertura.
--
-- Example: the bot closes one in 4 minutes, an agent one in 30, one waits in the queue, and one customer gave up waiting
--   for a department after 8.
--   chats
--   | id | situation     | channel | agent_id | created_at       | attended_at      | closed_at        | department_id |
--   | 1  | finishing     | widget  |          | 2026-11-09 09:00 |                  | 2026-11-09 09:04 |               |
--   | 2  | finishing     | widget  | 7        | 2026-11-09 10:00 | 2026-11-09 10:05 | 2026-11-09 10:30 |               |
--   | 3  | wait_for_chat | widget  |          | 2026-11-09 11:00 |                  |                  |               |
--   | 4  | finishing     | widget  |          | 2026-11-09 12:00 |                  | 2026-11-09 12:08 | 31            |
--   gives
--   | day        | channel | chats | by_bot | by_agent | undecided | abandoned | bot_share | abandoned_share | abandonment_rate | median_bot_minutes | median_agent_minutes | median_abandoned_minutes |
--   | 2026-11-09 | widget  | 4     | 1      | 1        | 1         | 1         | 0.3333    | 0.3333          | 0.5              | 4.0                | 30.0                 | 8.0                      |
SELECT
    company_id,
    day,
    channel,
    count(*) AS chats,
    count(*) FILTER (handled_by = 'bot') AS by_bot,
    count(*) FILTER (handled_by = 'agent') AS by_agent,
    count(*) FILTER (handled_by IS NULL) AS undecided,
    count(*) FILTER (handled_by = 'abandoned') AS abandoned,
    round((count(*) FILTER (handled_by = 'bot') / nullif(count(handled_by), 0))::DECIMAL(38, 9), 4)::DOUBLE AS bot_share,
    round((count(*) FILTER (handled_by = 'abandoned') / nullif(count(handled_by), 0))::DECIMAL(38, 9), 4)::DOUBLE AS abandoned_share,
    round((count(*) FILTER (handled_by = 'abandoned') / nullif(count(*) FILTER (handled_by IN ('abandoned', 'agent')), 0))::DECIMAL(38, 9), 4)::DOUBLE AS abandonment_rate,
    round((quantile_cont(resolution_seconds, 0.5) FILTER (handled_by = 'bot') / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_bot_minutes,
    round((quantile_cont(resolution_seconds, 0.5) FILTER (handled_by = 'agent') / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_agent_minutes,
    round((quantile_cont(abandoned_seconds, 0.5) / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_abandoned_minutes
FROM marts.chat_times
GROUP BY ALL
