-- Names of agents, departments and tabulations, for the marts that show them.
-- Nomes de agentes, departamentos e tabulações, para os marts que os mostram.
--
-- Formula: the name in the list of agents or departments; for an agent who is in neither, such as one who left, and for
--   tabulations, the name in the newest chat that has it.
-- Edge cases: an id without a name in any of them has no row.
-- Fórmula: o nome na lista de agentes ou departamentos; para um agente que não está nela, como um que saiu, e para
--   tabulações, o nome no atendimento mais novo que o tem.
-- Casos especiais: um id que não tem nome em lugar algum não tem linha.
-- Refresh: whole.
--
-- Columns:
--   company_id BIGINT
--   kind VARCHAR: agent, department or tabulation. | agent, department ou tabulation.
--   id BIGINT: The id. | O id.
--   name VARCHAR: The name. | O nome.
--
-- Example: Ana is listed under her new name; Rui has left and is known from a chat only.
--   chats
--   | id | created_at       | updated_at       | tabulation_id | tabulation_name | agents                                   |
--   | 1  | 2026-11-09 09:00 | 2026-11-09 09:30 | 12            | Venda           | [{id: 7, name: Ana}]                     |
--   | 2  | 2026-11-09 10:00 | 2026-11-09 10:30 | 12            | Venda nova      | [{id: 7, name: Ana}, {id: 8, name: Rui}] |
--   agents
--   | id | name      |
--   | 7  | Ana Souza |
--   departments
--   | id | name      |
--   | 31 | Comercial |
--   gives
--   | kind       | id | name       |
--   | agent      | 7  | Ana Souza  |
--   | agent      | 8  | Rui        |
--   | department | 31 | Comercial  |
--   | tabulation | 12 | Venda nova |
WITH listed AS (
    SELECT company_id, id, name FROM agents WHERE name IS NOT NULL
),
seen AS (
    SELECT company_id, agent.id AS id, arg_max(agent.name, said) AS name
    FROM (SELECT company_id, unnest(agents) AS agent, (coalesce(updated_at, '-infinity'), id) AS said FROM chats)
    WHERE agent.id IS NOT NULL AND agent.name IS NOT NULL
    GROUP BY ALL
)
SELECT company_id, 'agent' AS kind, id, name FROM listed
UNION ALL
SELECT company_id, 'agent', id, name FROM seen ANTI JOIN listed USING (company_id, id)
UNION ALL
SELECT company_id, 'department', id, name FROM departments WHERE name IS NOT NULL
UNION ALL
SELECT company_id, 'tabulation', id, name FROM tabulations WHERE name IS NOT NULL
