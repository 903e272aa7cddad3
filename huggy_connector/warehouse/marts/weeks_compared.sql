-- Weeks compared: each figure of this week up to yesterday, and of the four weeks before, beside the weeks before it.
-- Semanas comparadas: cada número desta semana até ontem, e das quatro semanas antes, ao lado das semanas anteriores.
--
-- Formula: this week is Monday to yesterday, compared with Monday to the same weekday of the four weeks before; a week
--   that is over with the four weeks before it; mean = the mean of those; change = value - mean; change_rate = change / mean.
-- Edge cases:
--   On a Monday this week is the one that ended yesterday.
--   Weeks keep their holidays, which are named. mean is NULL where one of the weeks before is not whole.
--   Medians and shares are of the chats of the whole week, not means of its days; mean is the mean of the weeks' values.
-- Fórmula: esta semana vai de segunda a ontem e se compara com segunda ao mesmo dia das quatro semanas antes; a que já
--   terminou, com as quatro antes dela; mean = a média dessas; change = value - mean; change_rate = change / mean.
-- Casos especiais:
--   Numa segunda-feira esta semana é a que terminou ontem.
--   As semanas mantêm seus feriados, que são nomeados. mean é NULL se uma das semanas antes não está completa.
--   Medianas e partes são dos atendimentos da semana, não médias de seus dias; mean é a média dos valores das semanas.
-- Refresh: view, five weeks.
--
-- Columns:
--   company_id BIGINT
--   week DATE: Its Monday. | Sua segunda-feira.
--   last_day DATE: Its Sunday; of this week, yesterday. | Seu domingo; nesta semana, ontem.
--   weeks_ago BIGINT: 0 is the week of yesterday. | 0 é a semana de ontem.
--   figure VARCHAR: Its name, as in marts.period_comparisons. | Seu nome, como em marts.period_comparisons.
--   unit VARCHAR: chats, share (0 to 1), minutes (around the clock) or business_minutes.
--     | chats, share (0 a 1), minutes (tempo corrido) ou business_minutes (horário comercial).
--   value DOUBLE: The figure; NULL without whole data. | O número; NULL sem dados completos.
--   mean DOUBLE: The mean of those weeks; NULL without whole data of each.
--     | A média dessas semanas; NULL sem dados completos de cada uma.
--   lowest DOUBLE: The least of them. | O menor delas.
--   highest DOUBLE: The greatest of them. | O maior delas.
--   change DOUBLE: value - mean. | value - mean.
--   change_rate DOUBLE: change / mean; NULL where that is 0. | change / mean; NULL se for 0.
--   compared_weeks BIGINT: How many weeks are in the mean, or would be. | Quantas semanas estão na média, ou estariam.
--   holidays VARCHAR: Its holidays, by day; NULL without. | Seus feriados, por dia; NULL se não há.
--   compared_holidays VARCHAR: Those of the weeks before; NULL without. | Os das semanas antes; NULL se não há.
--
-- Example: the last landing is of Wednesday the 25th: this week is Monday and Tuesday, with 3 chats. Monday and Tuesday of the
--   weeks before had 1, none, 1 (on the holiday) and 2; the chat of Wednesday the 18th is in no week to date.
--   chats
--   | id | created_at       | fetched_at       |
--   | 1  | 2026-10-25 09:00 | 2026-11-25 08:00 |
--   | 2  | 2026-10-26 09:00 | 2026-11-25 08:00 |
--   | 3  | 2026-10-27 10:00 | 2026-11-25 08:00 |
--   | 4  | 2026-11-02 09:00 | 2026-11-25 08:00 |
--   | 5  | 2026-11-17 09:00 | 2026-11-25 08:00 |
--   | 6  | 2026-11-18 09:00 | 2026-11-25 08:00 |
--   | 7  | 2026-11-23 10:00 | 2026-11-25 08:00 |
--   | 8  | 2026-11-24 11:00 | 2026-11-25 08:00 |
--   | 9  | 2026-11-24 12:00 | 2026-11-25 08:00 |
--   gives (weeks_ago < 2 AND figure = 'opened')
--   | week       | last_day   | weeks_ago | value | mean | change | change_rate | compared_weeks | compared_holidays  |
--   | 2026-11-23 | 2026-11-24 | 0         | 3.0   | 1.0  | 2.0    | 2.0         | 4              | 2026-11-02 Finados |
--   | 2026-11-16 | 2026-11-22 | 1         | 2.0   |      |        |             | 3              | 2026-11-02 Finados, 2026-11-15 Proclamação da República |
SELECT
    company_id,
    first_day AS week,
    last_day,
    ago AS weeks_ago,
    figure,
    unit,
    value,
    mean,
    lowest,
    highest,
    change,
    change_rate,
    compared AS compared_weeks,
    holidays,
    compared_holidays
FROM marts.period_comparisons
WHERE period IN ('week', 'week_to_date') AND grouped_by = 'company'
