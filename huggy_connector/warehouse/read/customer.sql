-- The customer of a chat: who it is, and where the last chat stands.
--
-- Inputs: contact
-- Columns: cliente_id, cliente_nome, cliente_cidade, cliente_estado, cliente_desde, cliente_atendimentos,
--   cliente_em_atendimento, cliente_ultimo_id, cliente_ultimo_em, cliente_ultimo_canal, cliente_ultima_situacao,
--   cliente_ultimo_agente, cliente_ultimo_departamento, cliente_ultima_tabulacao
WITH theirs AS (
    SELECT id, channel, situation, agent_id, department_id, tabulation_name, created_at
    FROM chats
    WHERE company_id = $company_id AND contact_id = $contact_id AND deleted_at IS NULL
),
last AS (SELECT * FROM theirs ORDER BY created_at DESC NULLS LAST, id DESC LIMIT 1),
counted AS (SELECT count(*) AS chats, min(created_at) AS first_at FROM theirs)
SELECT
    contact.id AS cliente_id,
    contact.name AS cliente_nome,
    contact.city AS cliente_cidade,
    contact.state AS cliente_estado,
    CAST(counted.first_at AS DATE) AS cliente_desde,
    counted.chats AS cliente_atendimentos,
    EXISTS (
        FROM marts.chat_times WHERE company_id = $company_id AND contact_id = $contact_id AND is_open
    ) AS cliente_em_atendimento,
    last.id AS cliente_ultimo_id,
    last.created_at AS cliente_ultimo_em,
    last.channel AS cliente_ultimo_canal,
    last.situation AS cliente_ultima_situacao,
    agent.name AS cliente_ultimo_agente,
    department.name AS cliente_ultimo_departamento,
    last.tabulation_name AS cliente_ultima_tabulacao
FROM contacts AS contact
CROSS JOIN counted
LEFT JOIN last ON true
LEFT JOIN agents AS agent ON agent.company_id = $company_id AND agent.id = last.agent_id
LEFT JOIN departments AS department ON department.company_id = $company_id AND department.id = last.department_id
WHERE contact.company_id = $company_id AND contact.id = $contact_id AND contact.deleted_at IS NULL
