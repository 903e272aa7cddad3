-- Message volumes by day: how many messages were sent, by channel and by who sent them. Empty while none are landed.
-- Volume de mensagens por dia: quantas foram enviadas, por canal e por quem. Vazio enquanto nenhuma foi coletada.
--
-- Formula: rows of messages by the local day of sent_at.
-- Edge cases:
--   Messages are landed only when asked for (`huggy sync --messages`), so that only chats with landed messages count.
--   The lists of agents and contacts decide who spoke, not Huggy's sender type: see message_speakers.
--   Messages of chats whose deletion is confirmed are left out. A chat counts on each day and for each sender: never
--   add chats.
--   Messages whose time is unreadable have day NULL.
-- Fórmula: linhas de messages pelo dia local de sent_at.
-- Casos especiais:
--   Mensagens só são coletadas a pedido (`huggy sync --messages`); só contam atendimentos com mensagens coletadas.
--   Quem falou é dito pelas listas de agentes e contatos, não pelo tipo de remetente da Huggy: message_speakers.
--   Mensagens de atendimentos com exclusão confirmada ficam de fora. Um atendimento conta em cada dia e para cada
--   remetente: nunca some chats.
--   Mensagens de horário ilegível têm day NULL.
-- Refresh: whole, one count over messages.
--
-- Columns:
--   company_id BIGINT
--   day DATE: Local day of the sending. | Dia local do envio.
--   channel VARCHAR
--   sender VARCHAR: As message_speakers.speaker: contact, agent, bot, event or other; note: an agent's, internal.
--     | Como message_speakers.speaker: contact, agent, bot, event ou other; note: interna, de um agente.
--   messages BIGINT: Messages sent. | Mensagens enviadas.
--   chats BIGINT: Chats that they belong to. | Atendimentos a que pertencem.
--
-- Example: a customer writes twice, the bot and Ana answer, Ana leaves a note, and Huggy reports the end of the chat.
--   agents
--   | id | name |
--   | 7  | Ana  |
--   messages
--   | id | chat_id | contact_id | sender_id | sender_type   | type          | channel | is_internal | sent_at          |
--   | 1  | 1       | 5          | 5         | widget        | text          | widget  | false       | 2026-11-09 23:50 |
--   | 2  | 1       | 5          | 99        | virtual_agent | text          | widget  | false       | 2026-11-09 23:50 |
--   | 3  | 1       | 5          | 5         | widget        | text          | widget  | false       | 2026-11-09 23:51 |
--   | 4  | 1       | 5          | 7         | agent         | text          | widget  | false       | 2026-11-10 00:01 |
--   | 5  | 1       | 5          | 7         | agent         | text          | widget  | true        | 2026-11-10 00:02 |
--   | 6  | 1       | 5          |           | widget        | internalEvent | widget  | false       | 2026-11-10 00:03 |
--   gives
--   | day        | channel | sender  | messages | chats |
--   | 2026-11-09 | widget  | contact | 2        | 1     |
--   | 2026-11-09 | widget  | bot     | 1        | 1     |
--   | 2026-11-10 | widget  | agent   | 1        | 1     |
--   | 2026-11-10 | widget  | note    | 1        | 1     |
--   | 2026-11-10 | widget  | event   | 1        | 1     |
SELECT
    company_id,
    sent_at_local::DATE AS day,
    channel,
    CASE WHEN speaker = 'agent' AND is_internal THEN 'note' ELSE speaker END AS sender,
    count(*) AS messages,
    count(DISTINCT chat_id) AS chats
FROM message_speakers ANTI JOIN (SELECT company_id, id AS chat_id FROM chats WHERE deleted_grade = 'confirmed')
    USING (company_id, chat_id)
GROUP BY ALL
