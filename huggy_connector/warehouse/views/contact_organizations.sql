-- Organizations of contacts: one row an organization that a contact belongs to; flat, for tools that know no lists.
-- Organizações dos contatos: uma linha por organização a que o contato pertence; plana, para ferramentas sem listas.
--
-- Edge cases: contacts without one have no row. organization_id is NULL where Huggy gave no readable id.
-- Casos especiais: contatos sem organização não têm linha. organization_id é NULL se a Huggy não deu um id legível.
-- Refresh: view.
--
-- Columns:
--   company_id BIGINT: Huggy's id of the account. Other ids are unique only within it: join on company_id and the id.
--     | Id da conta na Huggy. Outros ids só são únicos dentro dela: junte por company_id e o id.
--   contact_id BIGINT: The contact: contacts.id. | O contato: contacts.id.
--   organization_id BIGINT: The organization: organizations.id. | A organização: organizations.id.
--   name VARCHAR: Its name when the contact was fetched. | Seu nome quando o contato foi lido.
--
-- Example: a contact with two.
--   contacts
--   | id | organizations                              |
--   | 1  | [{id: 3, name: Norte}, {id: 4, name: Sul}] |
--   gives
--   | contact_id | organization_id | name  |
--   | 1          | 3               | Norte |
--   | 1          | 4               | Sul   |
SELECT c.company_id, c.id AS contact_id, u.organization.id AS organization_id, u.organization.name AS name
FROM contacts AS c, unnest(c."organizations") AS u(organization)
WHERE u.organization IS NOT NULL
