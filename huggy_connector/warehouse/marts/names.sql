-- Names of agents, departments, tabulations and channels, for the marts that show them.
-- Nomes de agentes, departamentos, tabulações e canais, para os marts que os mostram.
--
-- Formula: the name in the list of agents or departments; for an agent who is in neither, such as one who left, and for
--   tabulations and connected channels, the name in the newest chat that has it.
-- Edge cases: an id without a name in any of them has no row. Of a chat's channels the first has its name here.
-- Fórmula: o nome na lista de agentes ou departamentos; para um agente que não está nela, como um que saiu, e para
--   tabulações e canais conectados, o nome no atendimento mais novo que o tem.
-- Casos especiais: um id que não tem nome em lugar algum não tem linha. Dos canais de um atendimento, o primeiro tem o nome aqui.
-- Refresh: whole.
--
-- Columns:
--   company_id BIGINT
--   kind VARCHAR: agent, department, tabulation or channel. | agent, department, tabulation ou channel.
--   id BIGINT: The id. | O id.
--   name VARCHAR: The name. | O nome.
--
-- Example: Ana is listed under her new name; Rui has left and is known from a chat only.
--   chats
--   | id | created_at       | updated_at       | tabulation_id | tabulation_name | agents                                   | channels                                             |
--   | 1  | 2026-11-09 09:00 | 2026-11-09 09:30 | 12            | Venda           | [{id: 7, name: Ana}]                     | [{uuid: u-1, id: 555, name: Site, type: widget}]     |
--   | 2  | 2026-11-09 10:00 | 2026-11-09 10:30 | 12            | Venda nova      | [{id: 7, name: Ana}, {id: 8, name: Rui}] | [{uuid: u-1, id: 555, name: Loja, type: widget}]     |
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
--   | channel    | 555 | Loja      |
WITH listed AS (
    SELECT company_id, id, name FROM agents WHERE name IS NOT NULL
),
seen AS (
    SELECT company_id, id, arg_max(name, (changed_at, chat_id)) AS name
    FROM (
        SELECT company_id, agent.id AS id, agent.name AS name, max(changed_at) AS changed_at, max(chat_id) AS chat_id
        FROM (
            SELECT company_id, unnest(agents) AS agent, coalesce(updated_at, '-infinity') AS changed_at, id AS chat_id
            FROM chats
        )
        WHERE agent.id IS NOT NULL AND agent.name IS NOT NULL
        GROUP BY ALL
    )
    GROUP BY ALL
),
entries AS (
    SELECT company_id, id, arg_max(name, (changed_at, chat_id)) AS name
    FROM (
        SELECT
            company_id,
            channels[1].id AS id,
            channels[1].name AS name,
            max(coalesce(updated_at, '-infinity')) AS changed_at,
            max(chats.id) AS chat_id
        FROM chats GROUP BY ALL
    )
    WHERE id IS NOT NULL AND name IS NOT NULL
    GROUP BY ALL
)
SELECT company_id, 'agent' AS kind, id, name FROM listed
UNION ALL
SELECT company_id, 'agent', id, name FROM seen ANTI JOIN listed USING (company_id, id)
UNION ALL
SELECT company_id, 'department', id, name FROM departments WHERE name IS NOT NULL
UNION ALL
SELECT company_id, 'tabulation', id, name FROM tabulations WHERE name IS NOT NULL
UNION ALL
SELECT company_id, 'channel', id, name FROM entries
