-- Returning contacts: how many chats come from customers who had one before, and how soon they came back.
-- Contatos que voltam: quantos atendimentos são de clientes que já tiveram outro, e em quanto tempo voltaram.
--
-- Formula: a chat returns where its contact opened another one earlier; within 7 days: at most 7 * 24 hours before.
-- Edge cases:
--   Only landed chats count as earlier ones: in the first weeks of the data many customers only seem new.
--   Chats without a contact count in chats only. A merged contact counts as the one that Huggy names now.
-- Fórmula: um atendimento volta se o contato dele iniciou outro antes; em 7 dias: no máximo 7 * 24 horas antes.
-- Casos especiais:
--   Antes quer dizer antes no que foi coletado: nas primeiras semanas dos dados muitos parecem novos e não são.
--   Atendimentos sem contato contam só em chats. Contatos unidos são quem a Huggy diz que são agora.
-- Refresh: view, a count over marts.chat_times, which keeps the chat before.
--
-- Columns:
--   company_id BIGINT
--   day DATE
--   channel VARCHAR
--   chats BIGINT: Chats opened on the day. | Atendimentos iniciados no dia.
--   with_contact BIGINT: Of them, those whose contact is known. | Deles, os de contato conhecido.
--   contacts BIGINT: Distinct customers of the row; never add them. | Clientes distintos da linha; nunca some.
--   first_chats BIGINT: The contact's first. | O primeiro do contato.
--   returned BIGINT: The contact had one before. | O contato já teve outro.
--   returned_in_1_day BIGINT: Of them, at most 24 hours before. | Deles, no máximo 24 horas antes.
--   returned_in_7_days BIGINT: Of them, at most 7 days before. | Deles, no máximo 7 dias antes.
--   returned_in_30_days BIGINT: Of them, at most 30 days before. | Deles, no máximo 30 dias antes.
--   returned_share DOUBLE: returned / with_contact; NULL where that is 0. | returned / with_contact; NULL se for 0.
--
-- Example: contact 5 comes back after exactly a day, and contact 6 after ten days; a third chat has no contact.
--   chats
--   | id | contact_id | channel | created_at       |
--   | 1  | 5          | widget  | 2026-11-09 09:00 |
--   | 2  | 6          | widget  | 2026-10-31 09:00 |
--   | 3  | 5          | widget  | 2026-11-10 09:00 |
--   | 4  | 6          | widget  | 2026-11-10 09:00 |
--   | 5  |            | widget  | 2026-11-10 10:00 |
--   gives (day = '2026-11-10')
--   | chats | with_contact | contacts | first_chats | returned | returned_in_1_day | returned_in_7_days | returned_in_30_days | returned_share |
--   | 3     | 2            | 2        | 0           | 2        | 1                 | 1                  | 2                   | 1.0            |
WITH gaps AS (
    SELECT *, epoch(created_at) - epoch(previous_chat_at) AS gap FROM marts.chat_times
)
SELECT
    company_id,
    day,
    channel,
    count(*) AS chats,
    count(contact_id) AS with_contact,
    count(DISTINCT contact_id) AS contacts,
    count(contact_id) FILTER (previous_chat_at IS NULL AND day IS NOT NULL) AS first_chats,
    count(previous_chat_at) AS returned,
    count(*) FILTER (gap <= 86400) AS returned_in_1_day,
    count(*) FILTER (gap <= 7 * 86400) AS returned_in_7_days,
    count(*) FILTER (gap <= 30 * 86400) AS returned_in_30_days,
    round((count(previous_chat_at) / nullif(count(contact_id), 0))::DECIMAL(38, 9), 4)::DOUBLE AS returned_share
FROM gaps
GROUP BY ALL
