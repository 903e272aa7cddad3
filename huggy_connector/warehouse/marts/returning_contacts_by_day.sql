-- Returning contacts: how many chats come from customers who had one before, and how soon they came back.
-- Contatos que voltam: quantos atendimentos são de clientes que já tiveram outro, e em quanto tempo voltaram.
--
-- Formula: a chat returns where its contact had another one before, and all of these were closed at its opening; within 7
--   days: the last of them was closed at most 7 * 24 hours before. with_contact = first_chats + returned + parallel.
-- Edge cases:
--   A chat that is opened while another of the contact is open is parallel: the contact had not gone.
--   A chat before that was closed at an unreadable time counts in returned, but in none of the spans of days.
--   Only landed chats count as earlier ones: in the first weeks of the data many customers only seem new.
--   Chats without a contact count in chats only. A merged contact counts as the one that Huggy names now.
-- Fórmula: um atendimento volta se o contato dele teve outro antes, e todos estes estavam encerrados em sua abertura; em 7
--   dias: o último deles foi encerrado no máximo 7 * 24 horas antes. with_contact = first_chats + returned + parallel.
-- Casos especiais:
--   O que é aberto enquanto outro do contato está aberto é parallel: o contato não tinha ido embora.
--   Um anterior encerrado em horário ilegível conta em returned, mas em nenhum dos períodos de dias.
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
--   returned BIGINT: The contact had others before, all closed by then. | O contato já teve outros, todos encerrados até aí.
--   returned_in_1_day BIGINT: Of them, at most 24 hours after the last closing.
--     | Deles, no máximo 24 horas depois do último encerramento.
--   returned_in_7_days BIGINT: Of them, at most 7 days after. | Deles, no máximo 7 dias depois.
--   returned_in_30_days BIGINT: Of them, at most 30 days after. | Deles, no máximo 30 dias depois.
--   returned_share DOUBLE: returned / with_contact; NULL where that is 0. | returned / with_contact; NULL se for 0.
--   parallel BIGINT: Opened while another of the contact was open. | Abertos enquanto outro do contato estava aberto.
--
-- Example: contact 5 comes back exactly a day after the closing, though two days after the opening, and writes over
--   another channel an hour later, while that chat is open; contact 6 comes back after ten days; one has no contact.
--   chats
--   | id | situation | contact_id | channel | created_at       | closed_at        |
--   | 1  | finishing | 5          | widget  | 2026-11-08 09:00 | 2026-11-09 09:00 |
--   | 2  | finishing | 6          | widget  | 2026-10-31 08:00 | 2026-10-31 09:00 |
--   | 3  | in_chat   | 5          | widget  | 2026-11-10 09:00 |                  |
--   | 4  | finishing | 6          | widget  | 2026-11-10 09:00 | 2026-11-10 09:30 |
--   | 5  | finishing |            | widget  | 2026-11-10 10:00 | 2026-11-10 10:30 |
--   | 6  | in_chat   | 5          | widget  | 2026-11-10 10:00 |                  |
--   gives (day = '2026-11-10')
--   | chats | with_contact | contacts | first_chats | returned | returned_in_1_day | returned_in_7_days | returned_in_30_days | returned_share | parallel |
--   | 4     | 3            | 2        | 0           | 2        | 1                 | 1                  | 2                   | 0.6667         | 1        |
WITH gaps AS (
    SELECT
        *,
        epoch(created_at) - epoch(previous_closed_at) AS gap,
        previous_chat_at IS NOT NULL AND NOT is_parallel AS has_returned
    FROM marts.chat_times
)
SELECT
    company_id,
    day,
    channel,
    count(*) AS chats,
    count(contact_id) AS with_contact,
    count(DISTINCT contact_id) AS contacts,
    count(contact_id) FILTER (previous_chat_at IS NULL AND day IS NOT NULL) AS first_chats,
    count(*) FILTER (has_returned) AS returned,
    count(*) FILTER (gap <= 86400) AS returned_in_1_day,
    count(*) FILTER (gap <= 7 * 86400) AS returned_in_7_days,
    count(*) FILTER (gap <= 30 * 86400) AS returned_in_30_days,
    round((count(*) FILTER (has_returned) / nullif(count(contact_id), 0))::DECIMAL(38, 9), 4)::DOUBLE AS returned_share,
    count(*) FILTER (is_parallel) AS parallel
FROM gaps
GROUP BY ALL
