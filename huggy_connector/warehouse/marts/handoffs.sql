-- Hand-offs: one row a time that a chat went from one agent to another.
-- Repasses: uma linha por vez em que um atendimento passou de um agente a outro.
--
-- Formula: of a chat, each agent whom events tell after another, or each agent in charge of a version of history.chats who
--   is another than in the versions before, whichever are more.
-- Edge cases:
--   Events tell when the other agent took the chat; versions tell when that was first read.
--   The chat's own list of agents tells how many took part, not when: handoffs of marts.chat_times may be more than the
--   rows here.
--   A version without an agent, such as one in the queue, is passed over.
--   Chats whose deletion is confirmed are left out.
-- Fórmula: de um atendimento, cada agente que eventos informam depois de outro, ou cada responsável por uma versão de
--   history.chats que seja outro que nas anteriores, o que for mais.
-- Casos especiais:
--   Eventos informam quando o outro agente assumiu; versões, quando isso foi lido pela primeira vez.
--   A lista de agentes do atendimento informa quantos participaram, não quando: handoffs de marts.chat_times pode ser mais
--   que as linhas daqui.
--   Uma versão sem agente, como na fila, é saltada.
--   Atendimentos com exclusão confirmada ficam de fora.
-- Refresh: versions of touched chats: what events and versions tell of them.
--
-- Columns:
--   company_id BIGINT
--   chat_id BIGINT
--   handoff BIGINT: Place among the hand-offs of the chat, from 1. | Posição entre os repasses do atendimento, de 1.
--   day DATE: Local day of the hand-off. | Dia local do repasse.
--   contact_id BIGINT
--   from_agent_id BIGINT: The agent till then: agents.id. | O agente até então: agents.id.
--   to_agent_id BIGINT: The agent from then on: agents.id. | O agente desde então: agents.id.
--   department_id BIGINT: Its department then, by its version; by events the one that it has now: departments.id.
--     | Seu departamento então, pela versão; por eventos, o atual: departments.id.
--   handed_at TIMESTAMPTZ: When the other agent took it, or that was first read. | Quando o outro assumiu, ou isso foi lido.
--   basis VARCHAR: event or history. | event ou history.
--
-- Example: chat 1 was Ana's when it was first read, then in the queue, then Rui's. Of chat 2 the webhook tells that it came
--   back to Ana.
--   chats
--   | id | situation | contact_id | agent_id | created_at       | attended_at      |
--   | 1  | in_chat   | 5          | 8        | 2026-11-09 09:00 | 2026-11-09 09:05 |
--   | 2  | in_chat   | 6          | 7        | 2026-11-09 09:00 | 2026-11-09 09:05 |
--   history.chats
--   | id | situation     | agent_id | valid_from       | last_seen_at     | valid_to         |
--   | 1  | in_chat       | 7        | 2026-11-09 18:00 | 2026-11-09 18:00 | 2026-11-10 18:00 |
--   | 1  | wait_for_chat |          | 2026-11-10 18:00 | 2026-11-10 18:00 | 2026-11-11 18:00 |
--   | 1  | in_chat       | 8        | 2026-11-11 18:00 |                  |                  |
--   events
--   | event_id | event        | chat_id | situation | agent_id | occurred_at      |
--   | a        | agentEntered | 2       | in_chat   | 7        | 2026-11-09 09:05 |
--   | b        | agentEntered | 2       | in_chat   | 8        | 2026-11-09 10:00 |
--   | c        | agentEntered | 2       | in_chat   | 7        | 2026-11-09 11:00 |
--   gives
--   | chat_id | handoff | day        | contact_id | from_agent_id | to_agent_id | handed_at              | basis   |
--   | 1       | 1       | 2026-11-11 | 5          | 7             | 8           | 2026-11-11 21:00:00+00 | history |
--   | 2       | 1       | 2026-11-09 | 6          | 7             | 8           | 2026-11-09 13:00:00+00 | event   |
--   | 2       | 2       | 2026-11-09 | 6          | 8             | 7           | 2026-11-09 14:00:00+00 | event   |
WITH versions AS (
    SELECT
        *,
        lag(agent_id IGNORE NULLS) OVER (PARTITION BY company_id, id ORDER BY number) AS agent_before
    FROM affected_versions
),
turns AS (
    SELECT
        *,
        lag(agent_id) OVER (PARTITION BY company_id, chat_id ORDER BY position) AS agent_before
    FROM marts.chat_transitions AS e
    SEMI JOIN affected_pasts AS p ON p.company_id = e.company_id AND p.chat_id = e.chat_id
    WHERE kind = 'agent' AND agent_id IS NOT NULL
),
passed AS (
    SELECT
        v.company_id,
        v.id AS chat_id,
        (valid_from AT TIME ZONE z.zone)::DATE AS day,
        agent_before AS from_agent_id,
        agent_id AS to_agent_id,
        department_id,
        valid_from AS handed_at,
        number AS place,
        'history' AS basis
    FROM versions AS v LEFT JOIN zones AS z ON z.company_id = v.company_id
    WHERE agent_id <> agent_before
    UNION ALL
    SELECT
        t.company_id,
        t.chat_id,
        t.from_at_local::DATE,
        t.agent_before,
        t.agent_id,
        c.department_id,
        t.from_at,
        t.position,
        'event'
    FROM turns AS t JOIN chats AS c ON c.company_id = t.company_id AND c.id = t.chat_id
    WHERE t.agent_id <> t.agent_before
),
weighed AS (
    SELECT
        *,
        count(*) FILTER (basis = 'event') OVER (PARTITION BY company_id, chat_id) AS by_event,
        count(*) FILTER (basis = 'history') OVER (PARTITION BY company_id, chat_id) AS by_history
    FROM passed
)
SELECT
    w.company_id,
    w.chat_id,
    row_number() OVER (PARTITION BY w.company_id, w.chat_id ORDER BY w.place) AS handoff,
    w.day,
    c.contact_id,
    w.from_agent_id,
    w.to_agent_id,
    w.department_id,
    w.handed_at,
    w.basis
FROM weighed AS w
JOIN chats AS c ON c.company_id = w.company_id AND c.id = w.chat_id
WHERE w.basis = CASE WHEN by_event >= by_history THEN 'event' ELSE 'history' END
    AND c.deleted_grade IS DISTINCT FROM 'confirmed'
