-- Backlog by day: how many chats came in, how many left, and how many were open at the end of each local day.
-- Backlog por dia: quantos atendimentos entraram, quantos saíram e quantos estavam abertos ao fim de cada dia local.
--
-- Formula: backlog = chats opened up to the end of the day - chats closed up to then; backlog of a day = backlog of
--   the day before + opened - closed.
-- Edge cases:
--   Every day has a row, also quiet ones, from the first chat of the channel and department to the last landing.
--   A chat counts under the channel and department it has now; one that was opened again counts as never closed.
--   A chat whose closing time is unreadable leaves at its last change; one whose opening is unreadable is left out.
--   Days before the calendar (2010) count on its first day.
-- Fórmula: backlog = atendimentos iniciados até o fim do dia - encerrados até então; o de um dia = o do dia anterior +
--   opened - closed.
-- Casos especiais:
--   Todo dia tem linha, também os parados, do primeiro atendimento do canal e departamento até a última coleta.
--   Um atendimento conta no canal e departamento que tem agora; o que foi reaberto conta como nunca encerrado.
--   O de encerramento ilegível sai em sua última mudança; o de abertura ilegível fica de fora.
--   Dias antes do calendário (2010) contam no primeiro dia dele.
-- Refresh: view, sums of sums over marts.chat_times.
--
-- Columns:
--   company_id BIGINT
--   day DATE: The local day. | O dia local.
--   channel VARCHAR
--   department_id BIGINT
--   opened BIGINT: Chats opened on the day. | Atendimentos iniciados no dia.
--   closed BIGINT: Chats closed on the day. | Atendimentos encerrados no dia.
--   backlog BIGINT: Chats open at its end. | Atendimentos em aberto ao fim do dia.
--
-- Example: one is closed on its day, one two days later, one is still open.
--   chats
--   | id | situation | channel | created_at       | closed_at        | fetched_at       |
--   | 1  | finishing | widget  | 2026-11-09 09:00 | 2026-11-09 09:30 | 2026-11-12 08:00 |
--   | 2  | finishing | widget  | 2026-11-09 10:00 | 2026-11-11 10:30 | 2026-11-12 08:00 |
--   | 3  | in_chat   | widget  | 2026-11-10 10:00 |                  | 2026-11-12 08:00 |
--   gives
--   | day        | channel | opened | closed | backlog |
--   | 2026-11-09 | widget  | 2      | 1      | 1       |
--   | 2026-11-10 | widget  | 1      | 0      | 2       |
--   | 2026-11-11 | widget  | 0      | 1      | 1       |
--   | 2026-11-12 | widget  | 0      | 0      | 1       |
WITH bounds AS (
    SELECT company_id, a.day AS last, (SELECT min(day) FROM marts.calendar) AS first FROM marts.as_of AS a
),
moves AS (
    SELECT company_id, day, channel, department_id, count(*) AS opened, 0 AS closed
    FROM marts.chat_times WHERE day IS NOT NULL GROUP BY ALL
    UNION ALL
    SELECT company_id, closed_day, channel, department_id, 0, count(*)
    FROM marts.chat_times WHERE closed_day IS NOT NULL AND day IS NOT NULL GROUP BY ALL
),
daily AS (
    SELECT
        company_id,
        least(greatest(m.day, b.first), b.last) AS day,
        channel,
        department_id,
        sum(opened) AS opened,
        sum(closed) AS closed
    FROM moves AS m JOIN bounds AS b USING (company_id)
    GROUP BY ALL
),
groups AS (
    SELECT company_id, channel, department_id, min(day) AS first FROM daily GROUP BY ALL
),
days AS (
    SELECT g.company_id, c.day, g.channel, g.department_id
    FROM groups AS g JOIN bounds AS b USING (company_id) JOIN marts.calendar AS c ON c.day BETWEEN g.first AND b.last
    WHERE c.calendar = 'all'
)
SELECT
    d.company_id,
    d.day,
    d.channel,
    d.department_id,
    coalesce(m.opened, 0)::BIGINT AS opened,
    coalesce(m.closed, 0)::BIGINT AS closed,
    sum(coalesce(m.opened, 0) - coalesce(m.closed, 0)) OVER (
        PARTITION BY d.company_id, d.channel, d.department_id ORDER BY d.day
    )::BIGINT AS backlog
FROM days AS d
LEFT JOIN daily AS m
    ON m.company_id = d.company_id AND m.day = d.day
    AND m.channel IS NOT DISTINCT FROM d.channel AND m.department_id IS NOT DISTINCT FROM d.department_id
