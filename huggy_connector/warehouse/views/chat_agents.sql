-- Agents of chats: one row an agent who took part in a chat; flat, for tools that know no lists.
-- Agentes dos atendimentos: uma linha por agente que participou de um atendimento; plana, para ferramentas sem listas.
--
-- Edge cases: chats that no agent took have no row. agent_id is NULL where Huggy gave no readable id.
-- Casos especiais: atendimentos que nenhum agente assumiu não têm linha. agent_id é NULL se a Huggy não deu um id
--   legível.
-- Refresh: view.
--
-- Columns:
--   company_id BIGINT: Huggy's id of the account. Other ids are unique only within it: join on company_id and the id.
--     | Id da conta na Huggy. Outros ids só são únicos dentro dela: junte por company_id e o id.
--   chat_id BIGINT: The chat: chats.id. | O atendimento: chats.id.
--   agent_id BIGINT: The agent: agents.id. | O agente: agents.id.
--   name VARCHAR: The agent's name at the time. | Nome do agente na ocasião.
--   email VARCHAR: The agent's e-mail address at the time. | E-mail do agente na ocasião.
--
-- Example: one chat with two agents, one with none.
--   chats
--   | id | agents                                   |
--   | 1  | [{id: 7, name: Ana}, {id: 8, name: Rui}] |
--   | 2  | []                                       |
--   gives
--   | chat_id | agent_id | name |
--   | 1       | 7        | Ana  |
--   | 1       | 8        | Rui  |
SELECT company_id, chat_id, agent.id AS agent_id, agent.name AS name, agent.email AS email
FROM (SELECT company_id, id AS chat_id, unnest(agents) AS agent FROM chats)
WHERE agent IS NOT NULL
