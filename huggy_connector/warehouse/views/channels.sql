-- Channels: one row a connected channel, as the chats name it. Huggy's API does not list them.
-- Canais: uma linha por canal conectado, como os atendimentos o nomeiam. A API da Huggy não os lista.
--
-- Edge cases: the newest name wins: that of the chat that changed last. A channel without a chat has no row.
-- Casos especiais: o nome mais novo vale: o do atendimento que mudou por último. O que nenhum atendimento usou não
--   está aqui.
-- Refresh: view.
--
-- Columns:
--   company_id BIGINT: Huggy's id of the account. Other ids are unique only within it: join on company_id and the id.
--     | Id da conta na Huggy. Outros ids só são únicos dentro dela: junte por company_id e o id.
--   id BIGINT: Huggy's id of the channel. | Id do canal na Huggy.
--   uuid VARCHAR: Its other id. | Seu outro id.
--   name VARCHAR: Its newest name. | Seu nome mais recente.
--   type VARCHAR: Its type, as in chats.channel. | Seu tipo, como em chats.channel.
--   chats BIGINT: Chats that ran over it. | Atendimentos que passaram por ele.
--
-- Example: renamed between two chats.
--   chats
--   | id | updated_at       | channels                                              |
--   | 1  | 2026-11-09 09:00 | [{uuid: u-1, id: 555, name: Loja, type: widget}]      |
--   | 2  | 2026-11-10 09:00 | [{uuid: u-1, id: 555, name: Loja nova, type: widget}] |
--   gives
--   | id  | uuid | name      | type   | chats |
--   | 555 | u-1  | Loja nova | widget | 2     |
WITH used AS (
    SELECT c.company_id, c.id AS chat_id, (coalesce(c.updated_at, '-infinity'), c.fetched_at, c.id) AS seen, u.channel
    FROM chats AS c, unnest(c.channels) AS u(channel)
    WHERE u.channel.id IS NOT NULL
)
SELECT
    company_id,
    channel.id AS id,
    arg_max(channel.uuid, seen) AS uuid,
    arg_max(channel.name, seen) AS name,
    arg_max(channel.type, seen) AS type,
    count(DISTINCT chat_id) AS chats
FROM used
GROUP BY ALL
