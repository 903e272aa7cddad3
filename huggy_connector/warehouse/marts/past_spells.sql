-- Past spells: the rows of marts.chat_spells for the chats whose past is not told by what they are now. Read chat_spells.
-- Períodos passados: as linhas de marts.chat_spells dos atendimentos cujo passado o estado atual não conta.
--
-- Formula: of the versions in history.chats, each one that is open, or the first one closed after it, tells where the chat
--   was. It begins a spell if the chat was not open before, or if its channel or department is another at the end of a day.
-- Edge cases:
--   A closing counts on the day of the version's closed_at if that lies between the last reading of the open chat and the
--   first of the closed one (five minutes of grace), else on the day on which the closing was first read. Without a
--   closed_at, Huggy's time of change takes its place. A reopening and a move count on the day on which they were first
--   read: Huggy tells no time of them.
--   The opening is the one that the chat has now. A chat whose opening is unreadable has no row.
--   A chat has no row here if its versions tell what the chat as it is now tells: one spell, in its channel and
--   department, with its closing. Most chats are such.
--   A chat whose deletion is confirmed stays here: open, it leaves on the day of its deletion.
-- Fórmula: das versões em history.chats, cada aberta, ou a primeira encerrada depois dela, conta onde o atendimento estava.
--   Inicia um período se antes não estava aberto, ou se canal ou departamento é outro ao fim de um dia.
-- Casos especiais:
--   Um encerramento conta no dia do closed_at da versão se ele está entre a última leitura do aberto e a primeira do
--   encerrado (cinco minutos de tolerância), senão no dia em que foi lido pela primeira vez. Sem closed_at, vale a hora de
--   alteração da Huggy. Reabertura e mudança contam no dia da primeira leitura: a Huggy não informa sua hora.
--   A abertura é a atual. O atendimento de abertura ilegível não tem linha.
--   Não tem linha aqui o atendimento cujas versões contam o mesmo que o estado atual: um período, em seu canal e
--   departamento, com seu encerramento. Assim é a maioria.
--   O de exclusão confirmada permanece: se aberto, sai no dia da exclusão.
-- Refresh: versions of touched chats: also those whose past alone a late snapshot has changed.
--
-- Columns:
--   company_id BIGINT
--   chat_id BIGINT
--   position BIGINT: Place among the spells of the chat, from 1. | Posição entre os períodos do atendimento, de 1.
--   from_day DATE: Local day on which it begins. | Dia local em que começa.
--   began VARCHAR: opened, reopened, or moved (from another channel or department).
--     | opened (aberto), reopened (reaberto) ou moved (de outro canal ou departamento).
--   to_day DATE: Local day on which it ends; NULL while it lasts. | Dia local em que termina; NULL enquanto dura.
--   ended VARCHAR: closed, moved or deleted; NULL while it lasts. | closed, moved ou deleted; NULL enquanto dura.
--   channel VARCHAR: Its channel then. | Seu canal então.
--   department_id BIGINT: Its department then: departments.id. | Seu departamento então: departments.id.
--   basis VARCHAR: history (versions tell it) or current. | history (versões contam) ou current.
--   deleted_at TIMESTAMPTZ: When the chat was deleted, if that is confirmed. | Exclusão do atendimento, se confirmada.
--
-- Example: chat 1 is closed on its day and found open again five days later; then it is closed. Chat 2 was in department
--   31 for a day. Chat 3 is now as it always was: no row. Chat 4 is deleted while it is open.
--   chats
--   | id | situation | channel | department_id | created_at       | closed_at        | deleted_at       | deleted_grade |
--   | 1  | finishing | widget  | 31            | 2026-11-09 09:00 | 2026-11-15 10:00 |                  |               |
--   | 2  | in_chat   | widget  | 32            | 2026-11-09 09:00 |                  |                  |               |
--   | 3  | finishing | widget  | 32            | 2026-11-09 09:00 | 2026-11-09 12:00 |                  |               |
--   | 4  | in_chat   | widget  | 32            | 2026-11-09 09:00 |                  | 2026-11-12 09:00 | confirmed     |
--   history.chats
--   | id | situation | channel | department_id | closed_at        | valid_from       | last_seen_at     | valid_to         |
--   | 1  | finishing | widget  | 31            | 2026-11-09 10:00 | 2026-11-09 18:00 | 2026-11-13 18:00 | 2026-11-14 18:00 |
--   | 1  | in_chat   | widget  | 31            |                  | 2026-11-14 18:00 | 2026-11-14 18:00 | 2026-11-15 18:00 |
--   | 1  | finishing | widget  | 31            | 2026-11-15 10:00 | 2026-11-15 18:00 |                  |                  |
--   | 2  | in_chat   | widget  | 31            |                  | 2026-11-09 18:00 | 2026-11-09 18:00 | 2026-11-10 18:00 |
--   | 2  | in_chat   | widget  | 32            |                  | 2026-11-10 18:00 |                  |                  |
--   | 3  | in_chat   | widget  | 31            |                  | 2026-11-09 11:00 | 2026-11-09 11:00 | 2026-11-10 18:00 |
--   | 3  | finishing | widget  | 32            | 2026-11-09 12:00 | 2026-11-10 18:00 |                  |                  |
--   | 4  | in_chat   | widget  | 32            |                  | 2026-11-09 11:00 |                  |                  |
--   gives
--   | chat_id | position | from_day   | began    | to_day     | ended   | department_id | basis   |
--   | 1       | 1        | 2026-11-09 | opened   | 2026-11-09 | closed  | 31            | history |
--   | 1       | 2        | 2026-11-14 | reopened | 2026-11-15 | closed  | 31            | history |
--   | 2       | 1        | 2026-11-09 | opened   | 2026-11-10 | moved   | 31            | history |
--   | 2       | 2        | 2026-11-10 | moved    |            |         | 32            | history |
--   | 4       | 1        | 2026-11-09 | opened   | 2026-11-12 | deleted | 32            | current |
WITH ordered AS (
    SELECT
        v.*,
        z.zone,
        created_at_local::DATE AS opened_day,
        (valid_from AT TIME ZONE z.zone)::DATE AS read_day,
        coalesce(lag(last_seen_at) OVER in_chat, created_at) AS before_at,
        valid_from + INTERVAL 5 MINUTE AS known_at,
        lag(is_open) OVER in_chat AS was_open
    FROM affected_versions AS v LEFT JOIN zones AS z ON z.company_id = v.company_id
    WHERE created_at_local IS NOT NULL
    WINDOW in_chat AS (PARTITION BY v.company_id, v.id ORDER BY v.number)
),
dated AS (
    SELECT
        *,
        max(greatest(opened_day, CASE
            WHEN is_open AND number = 1 THEN opened_day
            WHEN is_open THEN read_day
            WHEN closed_at BETWEEN before_at AND known_at THEN closed_at_local::DATE
            WHEN closed_at IS NULL AND first_version_at BETWEEN before_at AND known_at
                THEN (first_version_at AT TIME ZONE zone)::DATE
            ELSE read_day
        END)) OVER (PARTITION BY company_id, id ORDER BY number) AS told_day,
        count(*) FILTER (number = 1 OR (is_open AND NOT was_open)) OVER (PARTITION BY company_id, id ORDER BY number)
            AS spell
    FROM ordered
    WHERE is_open OR number = 1 OR was_open
),
placed AS (
    SELECT
        *,
        CASE WHEN number = 1 THEN opened_day ELSE told_day END AS from_day,
        max(CASE WHEN NOT is_open THEN told_day END) OVER (PARTITION BY company_id, id, spell) AS closed_day
    FROM dated
),
daily AS (
    FROM placed
    QUALIFY number = max(number) OVER (PARTITION BY company_id, id, spell, from_day)
),
marked AS (
    SELECT
        *,
        lag(number) OVER in_spell IS NULL AS is_first,
        (channel, department_id) IS DISTINCT FROM (lag(channel) OVER in_spell, lag(department_id) OVER in_spell)
            AS has_moved
    FROM daily
    WINDOW in_spell AS (PARTITION BY company_id, id, spell ORDER BY number)
),
spelled AS (
    SELECT
        *,
        lead(from_day) OVER (PARTITION BY company_id, id, spell ORDER BY number) AS moved_day,
        CASE WHEN deleted_at IS NOT NULL THEN greatest(from_day, (deleted_at AT TIME ZONE zone)::DATE) END AS deleted_day,
        coalesce(moved_day, closed_day, deleted_day) AS to_day,
        row_number() OVER (PARTITION BY company_id, id ORDER BY number) AS position,
        count(*) OVER (PARTITION BY company_id, id) AS spells
    FROM marked
    WHERE is_first OR has_moved
)
SELECT
    company_id,
    id AS chat_id,
    position,
    from_day,
    CASE WHEN NOT is_first THEN 'moved' WHEN spell = 1 THEN 'opened' ELSE 'reopened' END AS began,
    to_day,
    CASE
        WHEN moved_day IS NOT NULL THEN 'moved'
        WHEN closed_day IS NOT NULL THEN 'closed'
        WHEN deleted_at IS NOT NULL THEN 'deleted'
    END AS ended,
    channel,
    department_id,
    CASE WHEN versions > 1 THEN 'history' ELSE 'current' END AS basis,
    deleted_at
FROM spelled
WHERE spells > 1 OR deleted_at IS NOT NULL OR to_day IS DISTINCT FROM left_day
    OR (channel, department_id) IS DISTINCT FROM (now_channel, now_department_id)
