-- Channels of chats: one row a connected channel that a chat ran over; flat, for tools that know no lists.
-- Canais dos atendimentos: uma linha por canal conectado por onde passou; plana, para ferramentas sem listas.
--
-- Edge cases: channel_id is NULL where Huggy gave no readable id; it then has a uuid.
-- Casos especiais: channel_id é NULL se a Huggy não deu um id legível; então há o uuid.
-- Refresh: view.
--
-- Columns:
--   company_id BIGINT: Huggy's id of the account. Other ids are unique only within it: join on company_id and the id.
--     | Id da conta na Huggy. Outros ids só são únicos dentro dela: junte por company_id e o id.
--   chat_id BIGINT: The chat: chats.id. | O atendimento: chats.id.
--   channel_id BIGINT: The channel: channels.id. | O canal: channels.id.
--   uuid VARCHAR: Its other id. | Seu outro id.
--   name VARCHAR: Its name at the time. | Seu nome na ocasião.
--   type VARCHAR: Its type, as in chats.channel. | Seu tipo, como em chats.channel.
--
-- Example: a chat over one channel.
--   chats
--   | id | channels                                         |
--   | 1  | [{uuid: u-1, id: 555, name: Loja, type: widget}] |
--   gives
--   | chat_id | channel_id | uuid | name | type   |
--   | 1       | 555        | u-1  | Loja | widget |
SELECT
    company_id,
    chat_id,
    channel.id AS channel_id,
    channel.uuid AS uuid,
    channel.name AS name,
    channel.type AS type
FROM (SELECT company_id, id AS chat_id, unnest(channels) AS channel FROM chats)
WHERE channel IS NOT NULL
