-- Organizations: one row an organization, as the contacts name it. Huggy's API does not list them.
-- Organizações: uma linha por organização, como os contatos a nomeiam. A API da Huggy não os lista.
--
-- Edge cases: the newest name wins: that of the contact that changed, or was fetched, last.
-- Casos especiais: o nome mais novo vale: o do contato que mudou, ou foi lido, por último.
-- Refresh: view.
--
-- Columns:
--   company_id BIGINT: Huggy's id of the account. Other ids are unique only within it: join on company_id and the id.
--     | Id da conta na Huggy. Outros ids só são únicos dentro dela: junte por company_id e o id.
--   id BIGINT: Huggy's id of the organization. | Id da organização na Huggy.
--   name VARCHAR: Its newest name. | Seu nome mais recente.
--   contacts BIGINT: Contacts in it. | Contatos que pertencem.
--
-- Example: renamed between two fetches.
--   contacts
--   | id | fetched_at       | organizations             |
--   | 1  | 2026-11-09 08:00 | [{id: 3, name: Norte}]    |
--   | 2  | 2026-11-10 08:00 | [{id: 3, name: Nordeste}] |
--   gives
--   | id | name     | contacts |
--   | 3  | Nordeste | 2        |
SELECT
    c.company_id,
    u.one.id AS id,
    arg_max(u.one.name, (coalesce(c.updated_at, '-infinity'), c.fetched_at, c.id)) AS name,
    count(DISTINCT c.id) AS contacts
FROM contacts AS c, unnest(c."organizations") AS u(one)
WHERE u.one.id IS NOT NULL
GROUP BY ALL
