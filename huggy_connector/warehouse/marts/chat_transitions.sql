-- Chat transitions: the rows of marts.chat_timeline for the chats of which Huggy's webhook told. Read marts.chat_timeline.
-- Transições: as linhas de marts.chat_timeline dos atendimentos de que o webhook da Huggy avisou. Leia marts.chat_timeline.
--
-- Formula: of each event, what it says of the chat's situation, department and workflow step, in order of its time, and
--   between them the opening, the taking and the closing that the API tells. What says the same as before is no row.
-- Edge cases:
--   See marts.chat_timeline. Of two events of one second, the one that comes earlier in a chat's life counts as earlier:
--   started, bot, queue, left the queue, agent, closed. Of two alike, the one whose envelope is older.
--   A leftQueue that does not say whereto ends the queue and begins nothing, and counts for nothing outside a queue.
-- Fórmula: de cada evento, o que diz da situação, do departamento e da etapa, em ordem de hora, e entre eles a
--   abertura, a assunção e o encerramento que a API informa. O que repete o anterior não é linha.
-- Casos especiais:
--   Veja marts.chat_timeline. De dois eventos do mesmo segundo, vale como anterior o que vem antes na vida de um
--   atendimento: iniciado, robô, fila, saiu da fila, agente, encerrado. De dois iguais, o do envelope mais antigo.
--   Um leftQueue que não diz para onde encerra a fila e nada começa; fora de uma fila, não conta.
-- Refresh: events of touched chats: those of which a new event came are among them, and without events no row is.
--
-- Columns:
--   company_id BIGINT
--   chat_id BIGINT
--   position BIGINT: Place among the rows of the chat, from 1. | Posição entre as linhas do atendimento, de 1.
--   kind VARCHAR: opened, bot, queue, agent, closed; or, beside these, department, workflow_step.
--     | opened, bot, queue, agent, closed; ou, em paralelo, department, workflow_step.
--   agent_id BIGINT: Of kind agent, who took it: agents.id. | Se agent, quem assumiu: agents.id.
--   department_id BIGINT: Of kind department, which; NULL for none. | Se department, qual; NULL se nenhum.
--   workflow_step_id BIGINT: Of kind workflow_step, which; NULL for none. | Se workflow_step, qual; NULL se nenhuma.
--   from_at TIMESTAMPTZ: Since when. | Desde quando.
--   from_at_local TIMESTAMP: The same on the account's clock. | O mesmo no relógio da conta.
--   to_at TIMESTAMPTZ: Until when; NULL while it lasts. | Até quando; NULL enquanto dura.
--   to_at_local TIMESTAMP: The same on the account's clock. | O mesmo no relógio da conta.
--   seconds BIGINT: From from_at to to_at. | De from_at a to_at.
--   basis VARCHAR: event or api: what told of from_at. | event ou api: quem informou from_at.
--
-- Example: the bot has a chat for two minutes, then it is in the queue until Ana takes it; she moves it to a department.
--   The message still in the queue, whose event came last, changes nothing. Of chat 2 only a rename is told: no row.
--   chats
--   | id | situation | agent_id | created_at       | attended_at      | closed_at        |
--   | 1  | finishing | 7        | 2026-11-09 09:00 | 2026-11-09 09:06 | 2026-11-09 09:20 |
--   | 2  | auto      |          | 2026-11-09 09:00 |                  |                  |
--   events
--   | event_id | event                | chat_id | situation     | agent_id | department_id | occurred_at         | received_at         |
--   | a        | startedChat          | 1       | auto          |          |               | 2026-11-09 09:00:02 | 2026-11-09 09:00:03 |
--   | b        | updatedChatDepartment | 1      | wait_for_chat |          | 31            | 2026-11-09 09:02:00 | 2026-11-09 09:02:01 |
--   | c        | agentEntered         | 1       | in_chat       | 7        | 31            | 2026-11-09 09:06:01 | 2026-11-09 09:06:02 |
--   | d        | updatedChatDepartment | 1      | in_chat       |          | 32            | 2026-11-09 09:10:00 | 2026-11-09 09:10:01 |
--   | e        | receivedMessage      | 1       | wait_for_chat |          |               | 2026-11-09 09:04:00 | 2026-11-09 09:30:00 |
--   | f        | updatedCustomer      | 2       |               |          |               | 2026-11-09 09:04:00 | 2026-11-09 09:04:01 |
--   gives
--   | chat_id | position | kind       | agent_id | department_id | from_at_local       | seconds | basis |
--   | 1       | 1        | opened     |          |               | 2026-11-09 09:00:00 | 0       | api   |
--   | 1       | 2        | bot        |          |               | 2026-11-09 09:00:00 | 120     | event |
--   | 1       | 3        | queue      |          |               | 2026-11-09 09:02:00 | 240     | event |
--   | 1       | 4        | department |          | 31            | 2026-11-09 09:02:00 | 480     | event |
--   | 1       | 5        | agent      | 7        |               | 2026-11-09 09:06:00 | 840     | api   |
--   | 1       | 6        | department |          | 32            | 2026-11-09 09:10:00 | 600     | event |
--   | 1       | 7        | closed     |          |               | 2026-11-09 09:20:00 |         | api   |
WITH told AS (
    SELECT
        company_id,
        chat_id,
        event,
        told_at,
        envelope_at,
        received_at,
        event_id,
        CASE WHEN event = 'agentEntered' THEN agent_id END AS agent_id,
        department_id,
        workflow_step_id,
        CASE
            WHEN event = 'closedChat' THEN 'closed'
            WHEN event = 'agentEntered' OR situation = 'in_chat' THEN 'agent'
            WHEN situation = 'auto' THEN 'bot'
            WHEN event = 'leftQueue' THEN 'left'
            WHEN situation IN ('wait_for_chat', 'queue', 'in_queue') THEN 'queue'
        END AS state,
        event IN ('startedChat', 'createdChat') AS is_start,
        min(told_at) FILTER (event = 'closedChat') OVER (PARTITION BY company_id, chat_id) AS first_closing
    FROM affected_events WHERE told_at IS NOT NULL
),
started AS (
    SELECT
        *,
        is_start AND coalesce(told_at <= first_closing, true) AND row_number() OVER (
            PARTITION BY company_id, chat_id, is_start ORDER BY told_at, envelope_at, received_at, event_id
        ) = 1 AS is_opening
    FROM told
),
facts AS (
    SELECT
        c.company_id,
        c.id AS chat_id,
        c.is_open,
        c.agent_id AS agent_in_charge,
        c.created_at,
        CASE WHEN c.created_at IS NULL OR c.attended_at >= c.created_at THEN c.attended_at END AS attended_at,
        CASE WHEN NOT c.is_open AND (c.created_at IS NULL OR c.closed_at >= c.created_at) THEN c.closed_at END
            AS closed_at
    FROM affected_chats AS c
),
opened AS (
    SELECT
        s.*,
        f.* EXCLUDE (company_id, chat_id, created_at),
        coalesce(
            f.created_at,
            min(s.told_at) FILTER (s.is_opening AND coalesce(s.told_at <= f.closed_at, true))
                OVER (PARTITION BY s.company_id, s.chat_id)
        ) AS opened_at,
        CASE WHEN f.created_at IS NULL THEN 'event' ELSE 'api' END AS opened_basis
    FROM started AS s JOIN facts AS f ON f.company_id = s.company_id AND f.chat_id = s.chat_id
),
placed AS (
    SELECT *, CASE WHEN is_opening THEN coalesce(opened_at, told_at) ELSE greatest(told_at, opened_at) END AS moment
    FROM opened
),
observed AS (
    SELECT * FROM placed
    WHERE (closed_at IS NULL OR moment < closed_at OR (moment = closed_at AND state IS DISTINCT FROM 'closed'))
        AND (
            state IS NOT NULL OR department_id IS NOT NULL OR workflow_step_id IS NOT NULL
            OR event IN ('updatedChatDepartment', 'updatedWorkflowStep')
        )
),
lives AS (
    SELECT DISTINCT
        company_id, chat_id, is_open, agent_in_charge, opened_at, opened_basis, closed_at,
        CASE WHEN attended_at <= coalesce(closed_at, attended_at) THEN greatest(attended_at, opened_at) END
            AS attended_at
    FROM observed
),
states AS (
    SELECT
        company_id,
        chat_id,
        moment,
        CASE
            WHEN is_opening THEN 1 WHEN state = 'bot' THEN 2 WHEN state = 'queue' THEN 3 WHEN state = 'left' THEN 4
            WHEN state = 'agent' THEN 6 ELSE 7
        END AS stage,
        envelope_at,
        received_at,
        event_id,
        state,
        agent_id,
        'event' AS basis
    FROM observed WHERE state IS NOT NULL
    UNION ALL BY NAME
    SELECT company_id, chat_id, opened_at AS moment, 0 AS stage, 'opened' AS state, opened_basis AS basis
    FROM lives WHERE opened_at IS NOT NULL
    UNION ALL BY NAME
    SELECT company_id, chat_id, attended_at AS moment, 5 AS stage, 'agent' AS state, 'api' AS basis
    FROM lives WHERE attended_at IS NOT NULL
    UNION ALL BY NAME
    SELECT company_id, chat_id, closed_at AS moment, 8 AS stage, 'closed' AS state, 'api' AS basis
    FROM lives WHERE closed_at IS NOT NULL
),
ordered AS (
    SELECT
        *,
        row_number() OVER in_time AS place,
        lag(state) OVER in_time AS state_before
    FROM states
    WINDOW in_time AS (
        PARTITION BY company_id, chat_id ORDER BY moment, stage, envelope_at, received_at, event_id
    )
),
stretched AS (
    SELECT *, state IS DISTINCT FROM lag(state) OVER (PARTITION BY company_id, chat_id ORDER BY place) AS begins
    FROM ordered WHERE state <> 'left' OR state_before = 'queue'
),
numbered AS (
    SELECT *, count(*) FILTER (begins) OVER (PARTITION BY company_id, chat_id ORDER BY place) AS stretch FROM stretched
),
named AS (
    SELECT
        n.* EXCLUDE (agent_id),
        l.is_open,
        CASE WHEN n.state = 'agent' THEN coalesce(
            last_value(n.agent_id IGNORE NULLS) OVER (
                PARTITION BY n.company_id, n.chat_id, n.stretch ORDER BY n.place
            ),
            first_value(n.agent_id IGNORE NULLS) OVER (
                PARTITION BY n.company_id, n.chat_id, n.stretch ORDER BY n.place
                ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
            ),
            CASE WHEN n.stretch = max(n.stretch) FILTER (n.state = 'agent') OVER (PARTITION BY n.company_id, n.chat_id)
                THEN l.agent_in_charge END
        ) END AS agent_id
    FROM numbered AS n JOIN lives AS l ON l.company_id = n.company_id AND l.chat_id = n.chat_id
),
changed AS (
    SELECT * FROM named
    WINDOW by_place AS (PARTITION BY company_id, chat_id ORDER BY place)
    QUALIFY CASE
        WHEN state = 'closed' THEN lead(state) OVER by_place IS DISTINCT FROM 'closed'
            AND (NOT is_open OR lead(state) OVER by_place IS NOT NULL)
        ELSE begins OR agent_id IS DISTINCT FROM lag(agent_id) OVER by_place
    END
),
spans AS (
    SELECT *, lead(moment) OVER (PARTITION BY company_id, chat_id ORDER BY place) AS to_at FROM changed
),
ends AS (
    SELECT company_id, chat_id, max(moment) AS ended_at FROM spans WHERE state = 'closed' AND to_at IS NULL GROUP BY ALL
),
beside AS (
    SELECT
        *,
        'department' AS kind,
        CASE WHEN is_opening THEN 0 WHEN event = 'updatedChatDepartment' THEN 2 ELSE 1 END AS stage,
        department_id AS value
    FROM observed WHERE department_id IS NOT NULL OR event = 'updatedChatDepartment'
    UNION ALL
    SELECT
        *,
        'workflow_step' AS kind,
        CASE WHEN is_opening THEN 0 WHEN event = 'updatedWorkflowStep' THEN 2 ELSE 1 END AS stage,
        workflow_step_id AS value
    FROM observed WHERE workflow_step_id IS NOT NULL OR event = 'updatedWorkflowStep'
),
beside_ordered AS (
    SELECT
        b.*,
        e.ended_at,
        row_number() OVER (
            PARTITION BY b.company_id, b.chat_id, b.kind
            ORDER BY b.moment, b.stage, b.envelope_at, b.received_at, b.event_id
        ) AS place
    FROM beside AS b LEFT JOIN ends AS e ON e.company_id = b.company_id AND e.chat_id = b.chat_id
    WHERE e.ended_at IS NULL OR b.moment <= e.ended_at
),
beside_changed AS (
    SELECT * FROM beside_ordered
    QUALIFY place = 1 OR value IS DISTINCT FROM lag(value) OVER (
        PARTITION BY company_id, chat_id, kind ORDER BY place
    )
),
rows AS (
    SELECT company_id, chat_id, state AS kind, place, agent_id, moment AS from_at, to_at, basis
    FROM spans WHERE state <> 'left'
    UNION ALL BY NAME
    SELECT
        company_id,
        chat_id,
        kind,
        place,
        CASE WHEN kind = 'department' THEN value END AS department_id,
        CASE WHEN kind = 'workflow_step' THEN value END AS workflow_step_id,
        moment AS from_at,
        coalesce(lead(moment) OVER (PARTITION BY company_id, chat_id, kind ORDER BY place), ended_at) AS to_at,
        'event' AS basis
    FROM beside_changed
)
SELECT
    r.company_id,
    r.chat_id,
    row_number() OVER (
        PARTITION BY r.company_id, r.chat_id
        ORDER BY r.from_at, CASE r.kind WHEN 'department' THEN 1 WHEN 'workflow_step' THEN 2 ELSE 0 END, r.place
    ) AS position,
    r.kind,
    r.agent_id,
    r.department_id,
    r.workflow_step_id,
    r.from_at,
    r.from_at AT TIME ZONE z.zone AS from_at_local,
    r.to_at,
    r.to_at AT TIME ZONE z.zone AS to_at_local,
    (epoch(r.to_at) - epoch(r.from_at))::BIGINT AS seconds,
    r.basis
FROM rows AS r LEFT JOIN zones AS z ON z.company_id = r.company_id
