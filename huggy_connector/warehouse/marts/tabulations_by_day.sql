-- Tabulations by day: with which category the chats that were closed on a day ended.
-- Tabulações por dia: com que categoria terminaram os atendimentos encerrados no dia.
--
-- Formula: closed chats by the local day of their closing, department and tabulation.
-- Edge cases:
--   Chats that were closed without a category are a row with tabulation_id NULL: how many forget to tabulate.
--   A category that was changed later counts as it is now; its name is the newest.
-- Fórmula: atendimentos encerrados pelo dia local do encerramento, departamento e tabulação.
-- Casos especiais:
--   Os encerrados sem tabulação são uma linha com tabulation_id NULL: quantos se esquecem de tabular.
--   Uma tabulação trocada depois conta como está agora; o nome é o mais novo.
-- Refresh: view, a count over marts.chat_times.
--
-- Columns:
--   company_id BIGINT
--   day DATE: Local day of the closing. | Dia local do encerramento.
--   department_id BIGINT
--   department VARCHAR: Its name. | Seu nome.
--   tabulation_id BIGINT
--   tabulation VARCHAR: Its name. | Seu nome.
--   chats BIGINT: Chats that ended so. | Atendimentos que terminaram assim.
--   by_bot BIGINT: Of them, those of the bot alone. | Deles, os só do robô.
--   abandoned BIGINT: Of them, those that customers gave up before an agent came.
--     | Deles, aqueles de que o cliente desistiu antes de um agente.
--
-- Example: two sales, one without a category, one not closed yet.
--   chats
--   | id | situation | tabulation_id | tabulation_name | created_at       | attended_at      | closed_at        |
--   | 1  | finishing | 12            | Venda           | 2026-11-09 09:00 | 2026-11-09 09:01 | 2026-11-09 09:30 |
--   | 2  | finishing | 12            | Venda           | 2026-11-08 10:00 | 2026-11-08 10:01 | 2026-11-09 10:30 |
--   | 3  | finishing |               |                 | 2026-11-09 11:00 |                  | 2026-11-09 11:02 |
--   | 4  | in_chat   |               |                 | 2026-11-09 12:00 | 2026-11-09 12:01 |                  |
--   gives
--   | day        | tabulation_id | tabulation | chats | by_bot | abandoned |
--   | 2026-11-09 | 12            | Venda      | 2     | 0      | 0         |
--   | 2026-11-09 |               |            | 1     | 1      | 0         |
WITH counted AS (
    SELECT
        company_id,
        closed_day AS day,
        department_id,
        tabulation_id,
        count(*) AS chats,
        count(*) FILTER (handled_by = 'bot') AS by_bot,
        count(*) FILTER (handled_by = 'abandoned') AS abandoned
    FROM marts.chat_times
    WHERE NOT is_open
    GROUP BY ALL
)
SELECT
    c.company_id,
    c.day,
    c.department_id,
    d.name AS department,
    c.tabulation_id,
    t.name AS tabulation,
    c.chats,
    c.by_bot,
    c.abandoned
FROM counted AS c
LEFT JOIN marts.names AS d ON d.company_id = c.company_id AND d.kind = 'department' AND d.id = c.department_id
LEFT JOIN marts.names AS t ON t.company_id = c.company_id AND t.kind = 'tabulation' AND t.id = c.tabulation_id
