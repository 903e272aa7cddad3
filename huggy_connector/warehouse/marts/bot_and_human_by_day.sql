-- Bot against human: how many chats the bot closed alone, how many reached an agent.
-- Robô e pessoas: quantos atendimentos o robô encerrou sozinho e quantos chegaram a um agente.
--
-- Formula: by_bot = closed without an agent; by_agent = an agent took it; bot_share = by_bot / (by_bot + by_agent).
-- Edge cases:
--   A chat that is open and that no agent has taken is undecided: it is in neither, nor in the share.
--   A customer who gave up before an agent came is by_bot too: Huggy's list does not tell the two apart.
--   Medians cannot be added or averaged: take them again from marts.chat_times.
-- Fórmula: by_bot = encerrados sem agente; by_agent = um agente assumiu; bot_share = by_bot / (by_bot + by_agent).
-- Casos especiais:
--   Um atendimento em aberto que nenhum agente assumiu é indefinido: não está em nenhum dos dois, nem na fração.
--   Um cliente que desistiu antes do agente também é by_bot: a lista da Huggy não distingue os dois.
--   Medianas não se somam nem se tiram médias delas: calcule de novo a partir de marts.chat_times.
-- Refresh: view, a count over marts.chat_times.
--
-- Columns:
--   company_id BIGINT
--   day DATE
--   channel VARCHAR
--   chats BIGINT: Chats opened on the day. | Atendimentos iniciados no dia.
--   by_bot BIGINT: Closed without an agent. | Encerrados sem agente.
--   by_agent BIGINT: Taken by an agent. | Assumidos por um agente.
--   undecided BIGINT: Open, without an agent so far. | Abertos, sem agente até agora.
--   bot_share DOUBLE: by_bot / (by_bot + by_agent); NULL where both are 0.
--     | by_bot / (by_bot + by_agent); NULL se ambos 0.
--   median_bot_minutes DOUBLE: Half of the bot's chats took no longer. | Metade dos do robô não levou mais.
--   median_agent_minutes DOUBLE: Half of the agents' chats took no longer. | Metade dos de agentes não levou mais.
--
-- Example: the bot closes one in 4 minutes, an agent one in 30, and one waits in the queue.
--   chats
--   | id | situation     | channel | agent_id | created_at       | attended_at      | closed_at        |
--   | 1  | finishing     | widget  |          | 2026-11-09 09:00 |                  | 2026-11-09 09:04 |
--   | 2  | finishing     | widget  | 7        | 2026-11-09 10:00 | 2026-11-09 10:05 | 2026-11-09 10:30 |
--   | 3  | wait_for_chat | widget  |          | 2026-11-09 11:00 |                  |                  |
--   gives
--   | day        | channel | chats | by_bot | by_agent | undecided | bot_share | median_bot_minutes | median_agent_minutes |
--   | 2026-11-09 | widget  | 3     | 1      | 1        | 1         | 0.5       | 4.0                | 30.0                 |
SELECT
    company_id,
    day,
    channel,
    count(*) AS chats,
    count(*) FILTER (handled_by = 'bot') AS by_bot,
    count(*) FILTER (handled_by = 'agent') AS by_agent,
    count(*) FILTER (handled_by IS NULL) AS undecided,
    round((count(*) FILTER (handled_by = 'bot') / nullif(count(handled_by), 0))::DECIMAL(38, 9), 4)::DOUBLE AS bot_share,
    round((quantile_cont(resolution_seconds, 0.5) FILTER (handled_by = 'bot') / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_bot_minutes,
    round((quantile_cont(resolution_seconds, 0.5) FILTER (handled_by = 'agent') / 60)::DECIMAL(38, 9), 2)::DOUBLE AS median_agent_minutes
FROM marts.chat_times
GROUP BY ALL
