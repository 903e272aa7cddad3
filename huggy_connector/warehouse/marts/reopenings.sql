-- Reopenings: one row a time that a closed chat was opened again, with its customer, and with agent and department till then.
-- Reaberturas: uma linha por vez em que um atendimento encerrado foi reaberto, com cliente, agente e departamento até então.
--
-- Formula: of a chat, the closings that are not the last by events, or the open versions of history.chats that follow a
--   closed one, whichever are more: reopens_basis of marts.chat_times. Their number is reopens there.
-- Edge cases:
--   Events tell when the chat was opened again; versions tell when that was first read. The closing of a version is its
--   closed_at, if it lies before that.
--   Agent, department and channel are those of the closed version: whose chat it was. Of events they are those of the chat
--   as it is now.
--   A chat that was closed and opened again between two readings is not known without a webhook.
--   Chats whose deletion is confirmed are left out.
-- Fórmula: de um atendimento, os encerramentos que não são o último, por eventos, ou as versões abertas de history.chats
--   que seguem uma encerrada, o que for mais: reopens_basis de marts.chat_times. Seu número é reopens ali.
-- Casos especiais:
--   Eventos informam quando foi reaberto; versões, quando isso foi lido pela primeira vez. O encerramento de uma versão é
--   seu closed_at, se anterior a isso.
--   Agente, departamento e canal são os da versão encerrada: de quem era. De eventos, são os atuais do atendimento.
--   O que foi encerrado e reaberto entre duas leituras não se sabe sem webhook.
--   Atendimentos com exclusão confirmada ficam de fora.
-- Refresh: versions of touched chats: what events and versions tell of them.
--
-- Columns:
--   company_id BIGINT
--   chat_id BIGINT
--   reopening BIGINT: Place among the reopenings of the chat, from 1. | Posição entre as reaberturas, de 1.
--   day DATE: Local day of the reopening. | Dia local da reabertura.
--   contact_id BIGINT
--   channel VARCHAR: Its channel till then. | Seu canal até então.
--   department_id BIGINT: Its department till then: departments.id. | Seu departamento até então: departments.id.
--   agent_id BIGINT: The agent who was in charge when it was closed: agents.id.
--     | O agente responsável no encerramento: agents.id.
--   closed_at TIMESTAMPTZ: The closing before; NULL if its time is not known. | O encerramento anterior; NULL se ignorado.
--   reopened_at TIMESTAMPTZ: When it was opened again, or that was first read. | Quando foi reaberto, ou isso foi lido.
--   basis VARCHAR: event or history. | event ou history.
--
-- Example: Ana closes chat 1; it is found open again, and Rui closes it. Of chat 2 the webhook tells.
--   chats
--   | id | situation | contact_id | agent_id | created_at       | closed_at        |
--   | 1  | finishing | 5          | 8        | 2026-11-09 09:00 | 2026-11-15 10:00 |
--   | 2  | in_chat   | 6          | 8        | 2026-11-09 09:00 |                  |
--   history.chats
--   | id | situation | agent_id | closed_at        | valid_from       | last_seen_at     | valid_to         |
--   | 1  | finishing | 7        | 2026-11-09 10:00 | 2026-11-09 18:00 | 2026-11-13 18:00 | 2026-11-14 18:00 |
--   | 1  | in_chat   | 8        |                  | 2026-11-14 18:00 | 2026-11-14 18:00 | 2026-11-15 18:00 |
--   | 1  | finishing | 8        | 2026-11-15 10:00 | 2026-11-15 18:00 |                  |                  |
--   events
--   | event_id | event        | chat_id | situation | agent_id | occurred_at      |
--   | a        | agentEntered | 2       | in_chat   | 8        | 2026-11-09 09:10 |
--   | b        | closedChat   | 2       | finishing |          | 2026-11-09 11:30 |
--   | c        | agentEntered | 2       | in_chat   | 8        | 2026-11-09 12:00 |
--   gives
--   | chat_id | reopening | day        | contact_id | agent_id | closed_at              | reopened_at            | basis   |
--   | 1       | 1         | 2026-11-14 | 5          | 7        | 2026-11-09 13:00:00+00 | 2026-11-14 21:00:00+00 | history |
--   | 2       | 1         | 2026-11-09 | 6          | 8        | 2026-11-09 14:30:00+00 | 2026-11-09 15:00:00+00 | event   |
WITH versions AS (
    SELECT
        *,
        lag(is_open) OVER in_chat AS was_open,
        lag(closed_at) OVER in_chat AS closed_before,
        lag(channel) OVER in_chat AS channel_before,
        lag(department_id) OVER in_chat AS department_before,
        lag(agent_id) OVER in_chat AS agent_before
    FROM affected_versions
    WINDOW in_chat AS (PARTITION BY company_id, id ORDER BY number)
),
reopened AS (
    SELECT
        v.company_id,
        v.id AS chat_id,
        (valid_from AT TIME ZONE z.zone)::DATE AS day,
        channel_before AS channel,
        department_before AS department_id,
        agent_before AS agent_id,
        CASE WHEN closed_before <= valid_from THEN closed_before END AS closed_at,
        valid_from AS reopened_at,
        number AS place,
        'history' AS basis
    FROM versions AS v LEFT JOIN zones AS z ON z.company_id = v.company_id
    WHERE is_open AND NOT was_open
    UNION ALL
    SELECT
        e.company_id,
        e.chat_id,
        e.to_at_local::DATE,
        c.channel,
        c.department_id,
        c.agent_id,
        e.from_at,
        e.to_at,
        e.position,
        'event'
    FROM marts.chat_transitions AS e
    SEMI JOIN affected_pasts AS p ON p.company_id = e.company_id AND p.chat_id = e.chat_id
    JOIN chats AS c ON c.company_id = e.company_id AND c.id = e.chat_id
    WHERE kind = 'closed' AND to_at IS NOT NULL
)
SELECT
    r.company_id,
    r.chat_id,
    row_number() OVER (PARTITION BY r.company_id, r.chat_id ORDER BY r.place) AS reopening,
    r.day,
    t.contact_id,
    r.channel,
    r.department_id,
    r.agent_id,
    r.closed_at,
    r.reopened_at,
    r.basis
FROM reopened AS r
JOIN marts.chat_times AS t ON t.company_id = r.company_id AND t.chat_id = r.chat_id AND t.reopens_basis = r.basis
