-- Chat timeline: one row each time that a chat came to the bot, the queue, an agent, a department or a workflow step.
-- Linha do tempo: uma linha a cada vez que um atendimento chegou ao robô, à fila, a um agente, departamento ou etapa.
--
-- Formula: opened, bot, queue, agent and closed follow each other: each lasts until the next. Departments and workflow
--   steps run beside them: each lasts until the next of its kind, or until the closing. seconds = to_at - from_at.
-- Edge cases:
--   The API's times of opening, taking and closing count; events add what the API never tells. An event before the
--   opening counts at the opening, one after the closing not at all. A chat that the API gives as open is not closed.
--   The first startedChat counts at the opening. All other events without a time of their own have that of their
--   envelope, and so come seconds late. A message tells the chat's situation at the time that it was sent.
--   Without events (basis api in all rows): opened, agent and closed alone. Opened then holds the bot's part and the queue.
--   Where events are lost a stretch lasts until the next that is told: see meta.coverage. An agent who is not told is
--   the one in charge, if it is the chat's last stretch with agents. An agent who joins another counts as the next one.
--   A chat that was opened again has rows after closed. Events of chats that the API has not given yet wait for it.
-- Fórmula: opened, bot, queue, agent e closed se sucedem: cada um dura até o próximo. Departamentos e etapas correm em
--   paralelo: cada um dura até o próximo do seu tipo, ou até o encerramento. seconds = to_at - from_at.
-- Casos especiais:
--   Valem os horários da API para abertura, assunção e encerramento; os eventos dizem o que a API nunca diz. Um evento
--   anterior à abertura vale na abertura, um posterior ao encerramento não vale. O que a API dá como aberto não tem fim.
--   O primeiro startedChat vale na abertura. Os demais eventos sem hora própria têm a do envelope, segundos depois do
--   fato. Uma mensagem informa a situação do atendimento na hora em que foi enviada.
--   Sem eventos (basis api em todas as linhas): só opened, agent e closed. Opened contém então o robô e a fila.
--   Se eventos se perderam, um trecho dura até o próximo avisado: veja meta.coverage. Um agente não avisado é o
--   responsável, se for o último trecho com agentes. Um agente que se junta a outro conta como o seguinte.
--   O que foi reaberto tem linhas depois de closed. Eventos de atendimentos que a API ainda não deu esperam por ela.
-- Refresh: view, of marts.chat_transitions and, for the chats without events, of marts.chat_times.
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
-- Example: chat 1 began in the queue, and went from Ana to Rui, who is in charge. The webhook told nothing of chat 2.
--   chats
--   | id | situation | agent_id | created_at       | attended_at      | closed_at        |
--   | 1  | in_chat   | 8        | 2026-11-09 09:00 | 2026-11-09 09:06 |                  |
--   | 2  | finishing | 7        | 2026-11-09 10:00 | 2026-11-09 10:05 | 2026-11-09 10:30 |
--   events
--   | event_id | event        | chat_id | situation     | agent_id | occurred_at      |
--   | a        | startedChat  | 1       | wait_for_chat |          | 2026-11-09 09:00 |
--   | b        | agentEntered | 1       | in_chat       | 7        | 2026-11-09 09:06 |
--   | c        | agentEntered | 1       | in_chat       | 8        | 2026-11-09 09:30 |
--   gives
--   | chat_id | position | kind   | agent_id | from_at_local       | to_at_local         | seconds | basis |
--   | 1       | 1        | opened |          | 2026-11-09 09:00:00 | 2026-11-09 09:00:00 | 0       | api   |
--   | 1       | 2        | queue  |          | 2026-11-09 09:00:00 | 2026-11-09 09:06:00 | 360     | event |
--   | 1       | 3        | agent  | 7        | 2026-11-09 09:06:00 | 2026-11-09 09:30:00 | 1440    | api   |
--   | 1       | 4        | agent  | 8        | 2026-11-09 09:30:00 |                     |         | event |
--   | 2       | 1        | opened |          | 2026-11-09 10:00:00 | 2026-11-09 10:05:00 | 300     | api   |
--   | 2       | 2        | agent  | 7        | 2026-11-09 10:05:00 | 2026-11-09 10:30:00 | 1500    | api   |
--   | 2       | 3        | closed |          | 2026-11-09 10:30:00 |                     |         | api   |
WITH untold AS (
    SELECT
        company_id,
        chat_id,
        agent_id,
        created_at,
        created_at_local,
        closed_at_local,
        to_timestamp(epoch(created_at) + resolution_seconds) AS closed_at,
        CASE WHEN taken_seconds > resolution_seconds THEN NULL ELSE attended_at_local END AS attended_at_local,
        CASE WHEN taken_seconds > resolution_seconds THEN NULL ELSE to_timestamp(epoch(created_at) + taken_seconds) END
            AS attended_at
    FROM marts.chat_times
    WHERE NOT has_events AND created_at IS NOT NULL
),
told_by_api AS (
    SELECT
        company_id,
        chat_id,
        CASE WHEN kind = 'opened' THEN 1 WHEN kind = 'agent' OR attended_at IS NULL THEN 2 ELSE 3 END AS position,
        kind,
        CASE WHEN kind = 'agent' THEN agent_id END AS agent_id,
        CASE kind WHEN 'opened' THEN created_at WHEN 'agent' THEN attended_at ELSE closed_at END AS from_at,
        CASE kind WHEN 'opened' THEN created_at_local WHEN 'agent' THEN attended_at_local ELSE closed_at_local END
            AS from_at_local,
        CASE
            WHEN kind = 'opened' THEN coalesce(attended_at, closed_at)
            WHEN kind = 'agent' THEN closed_at
        END AS to_at,
        CASE
            WHEN kind = 'opened' AND attended_at IS NOT NULL THEN attended_at_local
            WHEN kind <> 'closed' THEN closed_at_local
        END AS to_at_local
    FROM untold CROSS JOIN (VALUES ('opened'), ('agent'), ('closed')) AS kinds(kind)
)
SELECT
    company_id,
    chat_id,
    position,
    kind,
    agent_id,
    department_id,
    workflow_step_id,
    from_at,
    from_at_local,
    to_at,
    to_at_local,
    seconds,
    basis
FROM marts.chat_transitions
UNION ALL
SELECT
    company_id,
    chat_id,
    position,
    kind,
    agent_id,
    NULL,
    NULL,
    from_at,
    from_at_local,
    to_at,
    to_at_local,
    (epoch(to_at) - epoch(from_at))::BIGINT,
    'api'
FROM told_by_api
WHERE from_at IS NOT NULL
