-- Groups of contacts: one row a group that a contact belongs to; flat, for tools that know no lists.
-- Grupos dos contatos: uma linha por grupo a que o contato pertence; plana, para ferramentas sem listas.
--
-- Edge cases: contacts without one have no row. group_id is NULL where Huggy gave no readable id.
-- Casos especiais: contatos sem grupo não têm linha. group_id é NULL se a Huggy não deu um id legível.
-- Refresh: view.
--
-- Columns:
--   company_id BIGINT: Huggy's id of the account. Other ids are unique only within it: join on company_id and the id.
--     | Id da conta na Huggy. Outros ids só são únicos dentro dela: junte por company_id e o id.
--   contact_id BIGINT: The contact: contacts.id. | O contato: contacts.id.
--   group_id BIGINT: The group: groups.id. | O grupo: groups.id.
--   name VARCHAR: Its name when the contact was fetched. | Seu nome quando o contato foi lido.
--
-- Example: a contact with two.
--   contacts
--   | id | groups                                     |
--   | 1  | [{id: 3, name: Norte}, {id: 4, name: Sul}] |
--   gives
--   | contact_id | group_id | name  |
--   | 1          | 3        | Norte |
--   | 1          | 4        | Sul   |
SELECT c.company_id, c.id AS contact_id, u.one.id AS group_id, u.one.name AS name
FROM contacts AS c, unnest(c."groups") AS u(one)
WHERE u.one IS NOT NULL
