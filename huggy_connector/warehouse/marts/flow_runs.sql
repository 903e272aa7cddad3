-- Flow runs: one row each time that an automation flow ran in a chat, with what was answered: NPS, CSAT, forms.
-- Execuções de flows: uma linha a cada vez que um flow rodou em um atendimento, com as respostas: NPS, CSAT, formulários.
--
-- Formula: the events startedAutomationFlow and finishedAutomationFlow of a flow in a chat, in order of their time. Each
--   start begins a run, and a finish ends the run that is under way. seconds = finished_at - started_at.
-- Edge cases:
--   Only the webhook tells of flows. A start whose finish is not told: finished_at NULL; it may still run, or the customer
--   left. A finish without a start under way: started_at NULL. Of one second, the start counts as the earlier.
--   Huggy gives a run no id: a second start of the flow in the chat with the very same context is known as the first told
--   twice. Then its finish, if it differs, is a run without a start.
--   answers are the variables of the flow at its finish, without those of Huggy that begin with SYSTEM. They may hold
--   what was set before the flow, or by an earlier run. NULL until the finish, or where the context is not readable.
--   Answers may be personal: `huggy forget` erases them, and the privacy policy hides what it names.
-- Fórmula: os eventos startedAutomationFlow e finishedAutomationFlow de um flow em um atendimento, em ordem de hora. Cada
--   início começa uma execução; um fim encerra a que está em curso. seconds = finished_at - started_at.
-- Casos especiais:
--   Só o webhook informa flows. Um início sem fim avisado: finished_at NULL; pode ainda rodar, ou o cliente saiu. Um fim
--   sem início em curso: started_at NULL. No mesmo segundo, o início vale como anterior.
--   A Huggy não dá id à execução: um segundo início do flow no atendimento com o mesmo contexto vale como o primeiro
--   avisado duas vezes. Seu fim, se diferente, é então uma execução sem início.
--   answers são as variáveis do flow no fim, sem as da Huggy, que começam com SYSTEM. Podem conter o que foi definido
--   antes do flow ou por uma execução anterior. NULL até o fim, ou se o contexto é ilegível.
--   Respostas podem ser pessoais: `huggy forget` as apaga, e a política de privacidade esconde o que nomeia.
-- Refresh: events of touched chats: those of which a new event came are among them, and without events no row is.
--
-- Columns:
--   company_id BIGINT
--   chat_id BIGINT
--   contact_id BIGINT
--   flow_id BIGINT: Huggy's id of the flow. | Id do flow na Huggy.
--   run BIGINT: Which run of the flow in the chat it is, from 1. | Qual execução do flow no atendimento, de 1.
--   flow_token VARCHAR: The label that the flow bears in Huggy, such as pesquisa-nps.
--     | O rótulo do flow na Huggy, como pesquisa-nps.
--   started_at TIMESTAMPTZ: The start; NULL where it was not told. | O início; NULL se não avisado.
--   started_at_local TIMESTAMP: The same on the account's clock. | O mesmo no relógio da conta.
--   finished_at TIMESTAMPTZ: The finish; NULL where it was not told. | O fim; NULL se não avisado.
--   finished_at_local TIMESTAMP: The same on the account's clock. | O mesmo no relógio da conta.
--   day DATE: Local day of the finish, else of the start. | Dia local do fim, senão do início.
--   seconds BIGINT: From the start to the finish. | Do início ao fim.
--   answers JSON: The flow's variables at its finish. | As variáveis do flow no fim.
--
-- Example: a survey is answered after 90 seconds. It is sent once more, and not answered. Another flow's start was lost.
--   chats
--   | id | contact_id | situation | created_at       |
--   | 1  | 5          | auto      | 2026-11-09 09:00 |
--   events
--   | event_id | event                  | chat_id | flow_id | occurred_at         | item |
--   | a        | startedAutomationFlow  | 1       | 3210    | 2026-11-09 09:00    | {"flowToken": "pesquisa-nps", "context": []} |
--   | b        | finishedAutomationFlow | 1       | 3210    | 2026-11-09 09:01:30 | {"flowToken": "pesquisa-nps", "context": {"SYSTEM.CLIENT_NAME": "Cliente Um", "nota": "9"}} |
--   | c        | startedAutomationFlow  | 1       | 3210    | 2026-11-09 10:00    | {"flowToken": "pesquisa-nps", "context": {"nota": "9"}} |
--   | d        | finishedAutomationFlow | 1       | 3211    | 2026-11-09 11:00    | {"flowToken": "menu", "context": []} |
--   gives
--   | flow_id | run | flow_token   | started_at_local    | finished_at_local   | seconds | answers      |
--   | 3210    | 1   | pesquisa-nps | 2026-11-09 09:00:00 | 2026-11-09 09:01:30 | 90      | {"nota":"9"} |
--   | 3210    | 2   | pesquisa-nps | 2026-11-09 10:00:00 |                     |         |              |
--   | 3211    | 1   | menu         |                     | 2026-11-09 11:00:00 |         | {}           |
WITH told AS (
    SELECT
        company_id,
        chat_id,
        flow_id,
        told_at,
        envelope_at,
        received_at,
        event_id,
        event = 'finishedAutomationFlow' AS is_finish,
        item ->> '$.flowToken' AS flow_token,
        CASE json_type(item, '$.context')
            WHEN 'OBJECT' THEN TRY_CAST(item -> '$.context' AS MAP(VARCHAR, JSON))
            WHEN 'ARRAY' THEN MAP {}
        END AS context
    FROM affected_events
    WHERE event IN ('startedAutomationFlow', 'finishedAutomationFlow') AND told_at IS NOT NULL
),
ordered AS (
    SELECT
        *,
        row_number() OVER in_time AS place,
        NOT is_finish OR coalesce(lag(is_finish) OVER in_time, true) AS begins
    FROM told
    WINDOW in_time AS (
        PARTITION BY company_id, chat_id, flow_id ORDER BY told_at, is_finish, envelope_at, received_at, event_id
    )
),
numbered AS (
    SELECT *, count(*) FILTER (begins) OVER (PARTITION BY company_id, chat_id, flow_id ORDER BY place) AS run FROM ordered
),
runs AS (
    SELECT
        company_id,
        chat_id,
        flow_id,
        run,
        coalesce(max(flow_token) FILTER (is_finish), max(flow_token)) AS flow_token,
        max(told_at) FILTER (NOT is_finish) AS started_at,
        max(told_at) FILTER (is_finish) AS finished_at,
        first(context) FILTER (is_finish) AS context
    FROM numbered
    GROUP BY ALL
)
SELECT
    r.company_id,
    r.chat_id,
    c.contact_id,
    r.flow_id,
    r.run,
    r.flow_token,
    r.started_at,
    r.started_at AT TIME ZONE z.zone AS started_at_local,
    r.finished_at,
    r.finished_at AT TIME ZONE z.zone AS finished_at_local,
    (coalesce(r.finished_at, r.started_at) AT TIME ZONE z.zone)::DATE AS day,
    (epoch(r.finished_at) - epoch(r.started_at))::BIGINT AS seconds,
    CASE WHEN r.context IS NOT NULL THEN map_from_entries([
        each FOR each IN map_entries(r.context) IF NOT starts_with(each.key, 'SYSTEM.')
    ])::JSON END AS answers
FROM runs AS r
JOIN affected_chats AS c ON c.company_id = r.company_id AND c.id = r.chat_id
LEFT JOIN zones AS z ON z.company_id = r.company_id
