-- Workflow moves: one row each time that a chat went from one step of a workflow to another.
-- Movimentos de workflow: uma linha a cada vez que um atendimento passou de uma etapa de workflow a outra.
--
-- Formula: the rows of kind workflow_step of marts.chat_timeline, each with the one before it; seconds_in_from = how long
--   the chat was in the step that it left, seconds_in_to = in the one that it came to, NULL while it is there.
-- Edge cases:
--   Only the webhook tells of steps: chats without events have no rows, whatever their step is now.
--   from_step_id is NULL where the chat was in none, or the step before was not told. to_step_id is NULL where it left
--   the workflow. A step that is passed by while events are lost has no row; the step before then lasts too long.
--   A chat that is closed leaves its step by that: no row.
-- Fórmula: as linhas workflow_step de marts.chat_timeline, cada uma com a anterior; seconds_in_from = quanto o
--   atendimento ficou na etapa que deixou, seconds_in_to = na que chegou, NULL enquanto está nela.
-- Casos especiais:
--   Só o webhook informa etapas: atendimentos sem eventos não têm linhas, seja qual for sua etapa agora.
--   from_step_id é NULL se não estava em nenhuma, ou se a anterior não foi avisada. to_step_id é NULL se saiu do
--   workflow. Uma etapa de que eventos se perderam não tem linha; a anterior então dura demais.
--   O encerramento também tira o atendimento da etapa, sem linha.
-- Refresh: view, a window over the few rows of marts.chat_transitions that are of steps.
--
-- Columns:
--   company_id BIGINT
--   chat_id BIGINT
--   move BIGINT: Which move of the chat it is, from 1. | Qual movimento do atendimento, de 1.
--   from_step_id BIGINT: The step before. | A etapa anterior.
--   to_step_id BIGINT: The step after. | A etapa seguinte.
--   moved_at TIMESTAMPTZ: When. | Quando.
--   moved_at_local TIMESTAMP: The same on the account's clock. | O mesmo no relógio da conta.
--   day DATE: Local day of the move. | Dia local do movimento.
--   seconds_in_from BIGINT: Time in the step before. | Tempo na etapa anterior.
--   seconds_in_to BIGINT: Time in the step after; NULL while it lasts. | Tempo na etapa seguinte; NULL enquanto dura.
--
-- Example: a lead waits an hour in step 1, goes to step 2, leaves the workflow after half an hour, and is closed.
--   chats
--   | id | situation | created_at       | closed_at        |
--   | 1  | finishing | 2026-11-09 09:00 | 2026-11-09 11:00 |
--   events
--   | event_id | event               | chat_id | workflow_step_id | occurred_at      |
--   | a        | startedChat         | 1       | 1                | 2026-11-09 09:00 |
--   | b        | updatedWorkflowStep | 1       | 2                | 2026-11-09 10:00 |
--   | c        | updatedWorkflowStep | 1       |                  | 2026-11-09 10:30 |
--   gives
--   | move | from_step_id | to_step_id | moved_at_local      | seconds_in_from | seconds_in_to |
--   | 1    |              | 1          | 2026-11-09 09:00:00 |                 | 3600          |
--   | 2    | 1            | 2          | 2026-11-09 10:00:00 | 3600            | 1800          |
--   | 3    | 2            |            | 2026-11-09 10:30:00 | 1800            |               |
SELECT
    company_id,
    chat_id,
    row_number() OVER in_chat AS move,
    lag(workflow_step_id) OVER in_chat AS from_step_id,
    workflow_step_id AS to_step_id,
    from_at AS moved_at,
    from_at_local AS moved_at_local,
    from_at_local::DATE AS day,
    CASE WHEN lag(workflow_step_id) OVER in_chat IS NOT NULL THEN lag(seconds) OVER in_chat END AS seconds_in_from,
    CASE WHEN workflow_step_id IS NOT NULL THEN seconds END AS seconds_in_to
FROM marts.chat_transitions
WHERE kind = 'workflow_step'
WINDOW in_chat AS (PARTITION BY company_id, chat_id ORDER BY position)
