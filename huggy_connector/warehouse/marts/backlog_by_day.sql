-- Backlog by day: how many chats came in, how many left, and how many were open at the end of each local day.
-- Backlog por dia: quantos atendimentos entraram, quantos saíram e quantos estavam abertos ao fim de cada dia local.
--
-- Formula: backlog of a day = backlog of the day before + opened - closed - deleted + moved_in - moved_out; over all
--   channels and departments moved_in = moved_out.
-- Edge cases:
--   The past stands: a day follows the versions of history.chats where they tell more than the chat as it is now
--   (marts.chat_spells), all else follows the chat as it is now. by_history says how many of the day's counts do.
--   A chat that is opened again counts as opened on the day on which that was read, and in reopened. Its closing stays on
--   its day. A chat counts under the channel and department that it had at the end of each day: moved_in and moved_out.
--   A chat whose deletion is confirmed leaves the backlog on the day of its deletion, and stays in the days before. All
--   other marts leave it out: chats of marts.chats_by_day = opened - reopened - since_deleted.
--   Every day has a row, also quiet ones, from the first chat of the channel and department to the last landing.
--   A chat whose closing time is unreadable leaves at its last change; one whose opening is unreadable is left out.
--   Days before 2010 count on its first day, days after the last landing on that of the landing.
-- Fórmula: backlog de um dia = o do dia anterior + opened - closed - deleted + moved_in - moved_out; somados todos os
--   canais e departamentos, moved_in = moved_out.
-- Casos especiais:
--   O passado permanece: um dia segue as versões de history.chats onde contam mais que o estado atual (marts.chat_spells);
--   o resto segue o estado atual. by_history diz quantas contagens do dia o fazem.
--   O reaberto conta como opened no dia em que isso foi lido, e em reopened. Seu encerramento permanece em seu dia. Um
--   atendimento conta no canal e departamento que tinha ao fim de cada dia: moved_in e moved_out.
--   O de exclusão confirmada sai do backlog no dia da exclusão e permanece nos dias anteriores. Os demais marts o deixam
--   de fora: chats de marts.chats_by_day = opened - reopened - since_deleted.
--   Todo dia tem linha, também os parados, do primeiro atendimento do canal e departamento até a última coleta.
--   O de encerramento ilegível sai em sua última mudança; o de abertura ilegível fica de fora.
--   Dias antes de 2010 contam no primeiro dia dele; dias após a última coleta, no dia dela.
-- Refresh: view, sums of sums over marts.chat_spells.
--
-- Columns:
--   company_id BIGINT
--   day DATE: The local day. | O dia local.
--   channel VARCHAR: The channel that the chats had then. | O canal que os atendimentos tinham então.
--   department_id BIGINT: The department that they had then: departments.id.
--     | O departamento que tinham então: departments.id.
--   opened BIGINT: Chats opened on the day, or again. | Atendimentos iniciados no dia, ou reabertos.
--   reopened BIGINT: Of opened, those opened again. | De opened, os reabertos.
--   moved_in BIGINT: Open chats that came from another channel or department.
--     | Atendimentos abertos vindos de outro canal ou departamento.
--   closed BIGINT: Chats closed on the day. | Atendimentos encerrados no dia.
--   deleted BIGINT: Open chats that were deleted on the day. | Atendimentos abertos excluídos no dia.
--   moved_out BIGINT: Open chats that went to another channel or department.
--     | Atendimentos abertos que foram para outro canal ou departamento.
--   backlog BIGINT: Chats open at its end. | Atendimentos em aberto ao fim do dia.
--   by_history BIGINT: Of opened, moved_in, closed, deleted and moved_out, those that the versions of history tell.
--     | De opened, moved_in, closed, deleted e moved_out, os que as versões do histórico contam.
--   since_deleted BIGINT: Of opened, without reopened, chats whose deletion is confirmed by now.
--     | De opened, sem reopened, os de exclusão já confirmada.
--
-- Example: chat 1 is closed on its day; it is opened again three days later. Chat 2 is closed two days later, chat 3 is
--   still open, chat 4 was deleted on its third day.
--   chats
--   | id | situation | channel | created_at       | closed_at        | fetched_at       | deleted_at       | deleted_grade |
--   | 1  | in_chat   | widget  | 2026-11-09 09:00 |                  | 2026-11-12 08:00 |                  |               |
--   | 2  | finishing | widget  | 2026-11-09 10:00 | 2026-11-11 10:30 | 2026-11-12 08:00 |                  |               |
--   | 3  | in_chat   | widget  | 2026-11-10 10:00 |                  | 2026-11-12 08:00 |                  |               |
--   | 4  | in_chat   | widget  | 2026-11-09 10:00 |                  | 2026-11-10 08:00 | 2026-11-11 08:00 | confirmed     |
--   history.chats
--   | id | situation | channel | closed_at        | valid_from       | last_seen_at     | valid_to         |
--   | 1  | finishing | widget  | 2026-11-09 09:30 | 2026-11-09 18:00 | 2026-11-11 18:00 | 2026-11-12 08:00 |
--   | 1  | in_chat   | widget  |                  | 2026-11-12 08:00 |                  |                  |
--   | 4  | in_chat   | widget  |                  | 2026-11-09 18:00 |                  |                  |
--   gives
--   | day        | channel | opened | reopened | closed | deleted | backlog | by_history | since_deleted |
--   | 2026-11-09 | widget  | 3      | 0        | 1      | 0       | 2       | 2          | 1             |
--   | 2026-11-10 | widget  | 1      | 0        | 0      | 0       | 3       | 0          | 0             |
--   | 2026-11-11 | widget  | 0      | 0        | 1      | 1       | 1       | 0          | 0             |
--   | 2026-11-12 | widget  | 1      | 1        | 0      | 0       | 2       | 1          | 0             |
WITH bounds AS (
    SELECT company_id, day AS last, DATE '2010-01-01' AS first FROM marts.as_of
),
moves AS (
    SELECT
        company_id,
        from_day AS day,
        channel,
        department_id,
        count(*) FILTER (began <> 'moved') AS opened,
        count(*) FILTER (began = 'reopened') AS reopened,
        count(*) FILTER (began = 'moved') AS moved_in,
        0 AS closed,
        0 AS deleted,
        0 AS moved_out,
        count(*) FILTER (basis = 'history') AS by_history,
        count(*) FILTER (began = 'opened' AND deleted_at IS NOT NULL) AS since_deleted
    FROM marts.chat_spells GROUP BY ALL
    UNION ALL
    SELECT
        company_id,
        to_day,
        channel,
        department_id,
        0,
        0,
        0,
        count(*) FILTER (ended = 'closed'),
        count(*) FILTER (ended = 'deleted'),
        count(*) FILTER (ended = 'moved'),
        count(*) FILTER (basis = 'history'),
        0
    FROM marts.chat_spells WHERE to_day IS NOT NULL GROUP BY ALL
),
daily AS (
    SELECT
        company_id,
        least(greatest(m.day, b.first), b.last) AS day,
        channel,
        department_id,
        sum(opened)::BIGINT AS opened,
        sum(reopened)::BIGINT AS reopened,
        sum(moved_in)::BIGINT AS moved_in,
        sum(closed)::BIGINT AS closed,
        sum(deleted)::BIGINT AS deleted,
        sum(moved_out)::BIGINT AS moved_out,
        sum(by_history)::BIGINT AS by_history,
        sum(since_deleted)::BIGINT AS since_deleted
    FROM moves AS m JOIN bounds AS b USING (company_id)
    GROUP BY ALL
),
days AS (
    SELECT company_id, channel, department_id, unnest(generate_series(min(d.day), b.last, INTERVAL 1 DAY))::DATE AS day
    FROM daily AS d JOIN bounds AS b USING (company_id)
    GROUP BY company_id, channel, department_id, b.last
)
SELECT
    d.company_id,
    d.day,
    d.channel,
    d.department_id,
    coalesce(m.opened, 0) AS opened,
    coalesce(m.reopened, 0) AS reopened,
    coalesce(m.moved_in, 0) AS moved_in,
    coalesce(m.closed, 0) AS closed,
    coalesce(m.deleted, 0) AS deleted,
    coalesce(m.moved_out, 0) AS moved_out,
    sum(coalesce(m.opened + m.moved_in - m.closed - m.deleted - m.moved_out, 0)) OVER (
        PARTITION BY d.company_id, d.channel, d.department_id ORDER BY d.day
    )::BIGINT AS backlog,
    coalesce(m.by_history, 0) AS by_history,
    coalesce(m.since_deleted, 0) AS since_deleted
FROM days AS d
LEFT JOIN daily AS m
    ON m.company_id = d.company_id AND m.day = d.day
    AND m.channel IS NOT DISTINCT FROM d.channel AND m.department_id IS NOT DISTINCT FROM d.department_id
