-- Chats by day: how many chats were opened, by channel, department and agent, and what became of them.
-- Atendimentos por dia: quantos foram abertos, por canal, departamento e agente, e o que houve com eles.
--
-- Formula: rows of chats by the local day of created_at. chats = open + closed.
-- Edge cases:
--   A chat counts on the day it was opened, whenever it was closed; closings a day are in marts.backlog_by_day.
--   Chats whose opening is unreadable have day NULL, so that the sum of chats is the number of chats.
--   Chats whose deletion is confirmed are left out, and only they.
-- Fórmula: linhas de chats pelo dia local de created_at. chats = open + closed.
-- Casos especiais:
--   Um atendimento conta no dia em que foi iniciado, quando quer que tenha sido encerrado; encerramentos por dia estão
--   em marts.backlog_by_day.
--   Atendimentos de abertura ilegível têm day NULL, para que a soma de chats seja o número de atendimentos.
--   Atendimentos com exclusão confirmada ficam de fora, e só eles.
-- Refresh: view, a count over marts.chat_times.
--
-- Columns:
--   company_id BIGINT
--   day DATE
--   channel VARCHAR
--   department_id BIGINT
--   department VARCHAR: Its name. | Seu nome.
--   agent_id BIGINT
--   agent VARCHAR: The agent's name. | Nome do agente.
--   chats BIGINT: Chats opened on the day. | Atendimentos iniciados no dia.
--   open BIGINT: Of them, those still open. | Deles, os ainda em aberto.
--   closed BIGINT: Of them, those closed by now. | Deles, os já encerrados.
--   by_agent BIGINT: Of them, those that an agent took. | Deles, os que um agente assumiu.
--   by_bot BIGINT: Of them, those of the bot alone. | Deles, os só do robô.
--   abandoned BIGINT: Of them, those that customers gave up before an agent came.
--     | Deles, aqueles de que o cliente desistiu antes de um agente.
--
-- Example: 23:30 in São Paulo is the next day in UTC, and still this day here; an unreadable day is NULL;
--   a chat that a sweep misses counts, one whose deletion is confirmed does not.
--   chats
--   | id | situation | channel | agent_id | created_at       | attended_at      | closed_at        | deleted_grade |
--   | 1  | finishing | widget  | 7        | 2026-11-09 23:30 | 2026-11-09 23:40 | 2026-11-10 00:10 | missing_twice |
--   | 2  | finishing | widget  |          | 2026-11-09 10:00 |                  | 2026-11-09 10:04 |               |
--   | 3  | auto      | widget  |          |                  |                  |                  |               |
--   | 4  | finishing | widget  | 7        | 2026-11-09 11:00 | 2026-11-09 11:10 | 2026-11-09 11:20 | confirmed     |
--   agents
--   | id | name |
--   | 7  | Ana  |
--   gives
--   | day        | channel | agent_id | agent | chats | open | closed | by_agent | by_bot | abandoned |
--   | 2026-11-09 | widget  | 7        | Ana   | 1     | 0    | 1      | 1        | 0      | 0         |
--   | 2026-11-09 | widget  |          |       | 1     | 0    | 1      | 0        | 1      | 0         |
--   |            | widget  |          |       | 1     | 1    | 0      | 0        | 0      | 0         |
WITH counted AS (
    SELECT
        company_id,
        day,
        channel,
        department_id,
        agent_id,
        count(*) AS chats,
        count(*) FILTER (is_open) AS open,
        count(*) FILTER (NOT is_open) AS closed,
        count(*) FILTER (handled_by = 'agent') AS by_agent,
        count(*) FILTER (handled_by = 'bot') AS by_bot,
        count(*) FILTER (handled_by = 'abandoned') AS abandoned
    FROM marts.chat_times
    GROUP BY ALL
)
SELECT
    c.company_id,
    c.day,
    c.channel,
    c.department_id,
    d.name AS department,
    c.agent_id,
    a.name AS agent,
    c.chats,
    c.open,
    c.closed,
    c.by_agent,
    c.by_bot,
    c.abandoned
FROM counted AS c
LEFT JOIN marts.names AS d ON d.company_id = c.company_id AND d.kind = 'department' AND d.id = c.department_id
LEFT JOIN marts.names AS a ON a.company_id = c.company_id AND a.kind = 'agent' AND a.id = c.agent_id
