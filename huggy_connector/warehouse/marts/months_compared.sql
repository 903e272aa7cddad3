-- Months compared: each figure of this month up to yesterday, and of the three months before, beside the month before it.
-- Meses comparados: cada número deste mês até ontem, e dos três meses antes, ao lado do mês anterior.
--
-- Formula: this month is the 1st to yesterday, compared with the same days of the month before; a month that is over
--   with the whole month before it; change = value - before; change_rate = change / before.
-- Edge cases:
--   On the 1st this month is the one that ended yesterday. A month before that is shorter is compared to its last day.
--   Months differ in weekdays and holidays: days and before_days count them, holidays and before_holidays name those.
--   before is NULL where the month before is not whole.
-- Fórmula: este mês vai do dia 1º a ontem e se compara com os mesmos dias do mês anterior; o que já terminou, com todo o
--   mês anterior; change = value - before; change_rate = change / before.
-- Casos especiais:
--   No dia 1º este mês é o que terminou ontem. Um mês anterior mais curto se compara até seu último dia.
--   Os meses diferem em dias úteis e feriados: days e before_days os contam, holidays e before_holidays nomeiam estes.
--   before é NULL se o mês anterior não está completo.
-- Refresh: view, four months.
--
-- Columns:
--   company_id BIGINT
--   month DATE: Its first day. | Seu primeiro dia.
--   last_day DATE: Its last day; of this month, yesterday. | Seu último dia; neste mês, ontem.
--   months_ago BIGINT: 0 is the month of yesterday. | 0 é o mês de ontem.
--   figure VARCHAR: Its name, as in marts.period_comparisons. | Seu nome, como em marts.period_comparisons.
--   unit VARCHAR: chats, share (0 to 1), minutes (around the clock) or business_minutes.
--     | chats, share (0 a 1), minutes (tempo corrido) ou business_minutes (horário comercial).
--   value DOUBLE: The figure; NULL without whole data. | O número; NULL sem dados completos.
--   before DOUBLE: The figure of the month before; NULL without whole data. | O número do mês anterior; NULL sem dados completos.
--   change DOUBLE: value - before. | value - before.
--   change_rate DOUBLE: change / before; NULL where that is 0. | change / before; NULL se for 0.
--   days BIGINT: Days of it. | Seus dias.
--   before_days BIGINT: Days of the month before that it is compared with. | Dias do mês anterior com que se compara.
--   holidays VARCHAR: Its holidays, by day; NULL without. | Seus feriados, por dia; NULL se não há.
--   before_holidays VARCHAR: Those of the month before; NULL without. | Os do mês anterior; NULL se não há.
--
-- Example: the last landing is of the 4th of November: three days of it, with 2 chats, beside the first three of October,
--   with 1. Of September only the 30th is known, so October has nothing to compare with.
--   chats
--   | id | created_at       | fetched_at       |
--   | 1  | 2026-09-30 09:00 | 2026-11-04 08:00 |
--   | 2  | 2026-10-02 09:00 | 2026-11-04 08:00 |
--   | 3  | 2026-10-20 10:00 | 2026-11-04 08:00 |
--   | 4  | 2026-11-01 09:00 | 2026-11-04 08:00 |
--   | 5  | 2026-11-03 09:00 | 2026-11-04 08:00 |
--   gives (months_ago < 2 AND figure = 'opened')
--   | month      | last_day   | months_ago | value | before | change | change_rate | days | before_days | holidays                           |
--   | 2026-11-01 | 2026-11-03 | 0          | 2.0   | 1.0    | 1.0    | 1.0         | 3    | 3           | 2026-11-02 Finados                 |
--   | 2026-10-01 | 2026-10-31 | 1          | 2.0   |        |        |             | 31   | 30          | 2026-10-12 Nossa Senhora Aparecida |
SELECT
    company_id,
    first_day AS month,
    last_day,
    ago AS months_ago,
    figure,
    unit,
    value,
    mean AS before,
    change,
    change_rate,
    last_day - first_day + 1 AS days,
    day(least(
        last_day(first_day - INTERVAL 1 MONTH),
        CASE WHEN period = 'month' THEN 'infinity'::DATE ELSE (last_day - INTERVAL 1 MONTH)::DATE END
    )) AS before_days,
    holidays,
    compared_holidays AS before_holidays
FROM marts.period_comparisons
WHERE period IN ('month', 'month_to_date') AND grouped_by = 'company'
