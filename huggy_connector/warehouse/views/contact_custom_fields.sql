-- Custom fields of contacts: one row a field of a contact, whatever fields the account has.
-- Campos personalizados dos contatos: uma linha por campo de um contato, quaisquer que sejam os campos da conta.
--
-- Edge cases: a field that is there and empty has value NULL; a value that is an object or a list is its JSON. Fields that
--   come as a list of {name, value} are the same as those that come as {name: value}.
-- Casos especiais: um campo presente e vazio tem value NULL; um valor que é objeto ou lista é o seu JSON. Campos que vêm
--   como lista de {name, value} são iguais aos que vêm como {name: value}.
-- Refresh: view.
--
-- Columns:
--   company_id BIGINT: Huggy's id of the account. Other ids are unique only within it: join on company_id and the id.
--     | Id da conta na Huggy. Outros ids só são únicos dentro dela: junte por company_id e o id.
--   contact_id BIGINT: The contact: contacts.id. | O contato: contacts.id.
--   field VARCHAR: The field's key, as Huggy writes it. | A chave do campo, como a Huggy a escreve.
--   value VARCHAR: Its value as text. | Seu valor como texto.
--
-- Example: keys may be anything, also an SQL keyword.
--   contacts
--   | id | custom_fields                              |
--   | 1  | {"plano_customer": "Ouro", "select": null} |
--   | 2  |                                            |
--   | 3  | [{"name": "plano_customer", "value": "Prata"}] |
--   gives
--   | contact_id | field          | value |
--   | 1          | plano_customer | Ouro  |
--   | 1          | select         |       |
--   | 3          | plano_customer | Prata |
SELECT c.company_id, c.id AS contact_id, u.entry.key AS field, u.entry.value ->> '$' AS value
FROM contacts AS c, unnest(map_entries(TRY_CAST(c.custom_fields AS MAP(VARCHAR, JSON)))) AS u(entry)
UNION ALL
SELECT c.company_id, c.id AS contact_id, coalesce(u.entry ->> 'name', u.entry ->> 'label', u.entry ->> 'key') AS field,
       u.entry ->> 'value' AS value
FROM contacts AS c, unnest(TRY_CAST(c.custom_fields AS JSON[])) AS u(entry)
WHERE json_type(c.custom_fields) = 'ARRAY' AND json_type(u.entry) = 'OBJECT'
