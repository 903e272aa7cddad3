-- One row a contact with its last chat: what `customer` answers from. It is made anew in memory for each version.
WITH last AS (
    SELECT
        contact_id,
        max(struct_pack(
            "at" := coalesce(created_at, '-infinity'), id := id, created_at := created_at, channel := channel,
            situation := situation, agent_id := agent_id, department_id := department_id, tabulation := tabulation_name
        )) AS chat
    FROM chats
    WHERE company_id = $company_id AND contact_id IS NOT NULL AND deleted_at IS NULL
    GROUP BY contact_id
),
counted AS (
    SELECT contact_id, count(*) AS chats, min(day) AS first_day, bool_or(is_open) AS has_open_chat
    FROM marts.chat_times
    WHERE company_id = $company_id
    GROUP BY contact_id
)
SELECT
    contact.id,
    contact.name,
    contact.city,
    contact.state,
    coalesce(counted.chats, 0) AS chats,
    counted.first_day,
    coalesce(counted.has_open_chat, false) AS has_open_chat,
    last.chat.id AS last_chat_id,
    last.chat.created_at AS last_chat_at,
    last.chat.channel AS last_channel,
    last.chat.situation AS last_situation,
    agent.name AS last_agent,
    department.name AS last_department,
    last.chat.tabulation AS last_tabulation
FROM contacts AS contact
LEFT JOIN counted ON counted.contact_id = contact.id
LEFT JOIN last ON last.contact_id = contact.id
LEFT JOIN agents AS agent ON agent.company_id = $company_id AND agent.id = last.chat.agent_id
LEFT JOIN departments AS department
    ON department.company_id = $company_id AND department.id = last.chat.department_id
WHERE contact.company_id = $company_id AND contact.deleted_at IS NULL
ORDER BY contact.id
