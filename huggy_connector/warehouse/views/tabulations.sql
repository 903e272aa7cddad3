-- Tabulations: one row a closing category, as the chats name it. Huggy's API does not list them.
-- Tabulações: uma linha por categoria de encerramento, como os atendimentos a nomeiam. A API da Huggy não as lista.
--
-- Edge cases: the newest name wins: that of the chat that changed last. A category without a chat has no row.
-- Casos especiais: o nome mais novo vale: o do atendimento que mudou por último. A que nenhum atendimento tem não está
--   aqui.
-- Refresh: view.
--
-- Columns:
--   company_id BIGINT: Huggy's id of the account. Other ids are unique only within it: join on company_id and the id.
--     | Id da conta na Huggy. Outros ids só são únicos dentro dela: junte por company_id e o id.
--   id BIGINT: Huggy's id of the tabulation. | Id da tabulação na Huggy.
--   name VARCHAR: Its newest name; NULL where no chat names it.
--     | Seu nome mais recente; NULL se nenhum atendimento a nomeia.
--   chats BIGINT: Chats that have it. | Atendimentos que a têm.
--
-- Example: renamed between two chats.
--   chats
--   | id | tabulation_id | tabulation_name | updated_at       |
--   | 1  | 12            | Venda           | 2026-11-09 09:00 |
--   | 2  | 12            | Venda feita     | 2026-11-10 09:00 |
--   gives
--   | id | name        | chats |
--   | 12 | Venda feita | 2     |
SELECT
    company_id,
    tabulation_id AS id,
    arg_max(tabulation_name, (coalesce(updated_at, '-infinity'), fetched_at, chats.id)) AS name,
    count(*) AS chats
FROM chats
WHERE tabulation_id IS NOT NULL
GROUP BY ALL
