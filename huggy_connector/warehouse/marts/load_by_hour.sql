-- Load by hour: how many chats are opened in each hour of the week, by month; for a heat map.
-- Carga por hora: quantos atendimentos são abertos em cada hora da semana, por mês; para um mapa de calor.
--
-- Formula: chats opened in the hour of the local clock; chats_per_day = chats / days, those weekdays in the month.
-- Edge cases:
--   A month has all hours of the weekdays in it, also those without a chat.
--   Over several months divide sum(chats) by sum(days).
--   The first and the last month count only the days from the first chat to the last landing.
-- Fórmula: atendimentos iniciados na hora do relógio local; chats_per_day = chats / days, esses dias da semana no mês.
-- Casos especiais:
--   Um mês tem todas as horas dos dias da semana que contém, também as sem atendimento.
--   Para vários meses divida sum(chats) por sum(days).
--   O primeiro e o último mês contam só os dias do primeiro atendimento até a última coleta.
-- Refresh: view, a count over marts.chat_times.
--
-- Columns:
--   company_id BIGINT
--   month DATE: First day of the local month. | Primeiro dia do mês local.
--   weekday INTEGER: 1 is Monday, 7 is Sunday. | 1 é segunda-feira, 7 é domingo.
--   hour INTEGER: 0 to 23, on the account's clock. | 0 a 23, no relógio da conta.
--   chats BIGINT: Chats opened in it. | Atendimentos abertos nela.
--   days BIGINT: Days of that weekday. | Dias desse dia da semana.
--   chats_per_day DOUBLE: chats / days. | chats / days.
--
-- Example: three chats on two Mondays between nine and ten, read on the second Monday.
--   chats
--   | id | created_at       | fetched_at       |
--   | 1  | 2026-11-09 09:00 | 2026-11-16 18:00 |
--   | 2  | 2026-11-09 09:59 | 2026-11-16 18:00 |
--   | 3  | 2026-11-16 09:30 | 2026-11-16 18:00 |
--   gives (weekday = 1 AND hour IN (9, 10))
--   | month      | weekday | hour | chats | days | chats_per_day |
--   | 2026-11-01 | 1       | 9    | 3     | 2    | 1.5           |
--   | 2026-11-01 | 1       | 10   | 0     | 2    | 0.0           |
WITH spans AS (
    SELECT t.company_id, min(t.day) AS first, any_value(n.day) AS last
    FROM marts.chat_times AS t JOIN marts.as_of AS n ON n.company_id = t.company_id
    GROUP BY t.company_id
),
slots AS (
    SELECT s.company_id, date_trunc('month', c.day)::DATE AS month, c.weekday, h.hour, count(*) AS days
    FROM spans AS s JOIN marts.calendar AS c ON c.day BETWEEN s.first AND s.last
    CROSS JOIN (SELECT unnest(range(24))::INTEGER AS hour) AS h
    WHERE c.calendar = 'all'
    GROUP BY ALL
),
counted AS (
    SELECT
        company_id,
        date_trunc('month', day)::DATE AS month,
        isodow(day)::INTEGER AS weekday,
        hour(created_at_local)::INTEGER AS hour,
        count(*) AS chats
    FROM marts.chat_times
    WHERE day IS NOT NULL
    GROUP BY ALL
)
SELECT
    s.company_id,
    s.month,
    s.weekday,
    s.hour,
    coalesce(c.chats, 0) AS chats,
    s.days,
    round((coalesce(c.chats, 0) / s.days)::DECIMAL(38, 9), 2)::DOUBLE AS chats_per_day
FROM slots AS s LEFT JOIN counted AS c USING (company_id, month, weekday, hour)
