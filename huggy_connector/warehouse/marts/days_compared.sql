-- Days compared: each figure of yesterday, and of the 27 days before, beside the same weekday of the four weeks before.
-- Dias comparados: cada número de ontem, e dos 27 dias antes, ao lado do mesmo dia da semana das quatro semanas antes.
--
-- Formula: mean = the mean of the same weekday of the four weeks before; change = value - mean; change_rate =
--   change / mean; the figures are those of marts.period_comparisons.
-- Edge cases:
--   A holiday among the days before is left out of the mean and named, unless the day itself is a holiday.
--   mean is NULL where one of the days before is not whole: the day of the first chat, and what lies before it.
--   A day on which nothing was measured (a median or share) is not in the mean; compared_days counts those that are.
-- Fórmula: mean = a média do mesmo dia da semana das quatro semanas antes; change = value - mean; change_rate =
--   change / mean; os números são os de marts.period_comparisons.
-- Casos especiais:
--   Um feriado entre os dias antes fica fora da média e é nomeado, a menos que o próprio dia seja feriado.
--   mean é NULL se um dos dias antes não está completo: o do primeiro atendimento e o que vem antes dele.
--   Um dia em que nada foi medido (mediana ou parte) não entra na média; compared_days conta os que entram.
-- Refresh: view, the last 28 days.
--
-- Columns:
--   company_id BIGINT
--   day DATE: The local day. | O dia local.
--   days_ago BIGINT: 1 is yesterday, the day before the last landing. | 1 é ontem, o dia antes da última coleta.
--   figure VARCHAR: Its name, as in marts.period_comparisons. | Seu nome, como em marts.period_comparisons.
--   unit VARCHAR: chats, share (0 to 1), minutes (around the clock) or business_minutes.
--     | chats, share (0 a 1), minutes (tempo corrido) ou business_minutes (horário comercial).
--   value DOUBLE: The figure; NULL without whole data. | O número; NULL sem dados completos.
--   mean DOUBLE: The mean of those days; NULL without whole data of each.
--     | A média desses dias; NULL sem dados completos de cada um.
--   lowest DOUBLE: The least of them. | O menor deles.
--   highest DOUBLE: The greatest of them. | O maior deles.
--   change DOUBLE: value - mean. | value - mean.
--   change_rate DOUBLE: change / mean; NULL where that is 0. | change / mean; NULL se for 0.
--   compared_days BIGINT: How many days are in the mean, or would be. | Quantos dias estão na média, ou estariam.
--   holiday VARCHAR: The day's holiday; NULL without. | O feriado do dia; NULL se não há.
--   compared_holidays VARCHAR: Holidays among the days before; NULL without. | Feriados entre os dias antes; NULL se não há.
--
-- Example: yesterday was Tuesday. The bot closed one chat, an agent answered one in 5 minutes and one in 20: the target is
--   15. The Tuesdays before had 1 chat, which an agent answered in 10 minutes, none and none; the 27th of October, 1.
--   chats
--   | id | situation | agent_id | created_at       | attended_at      | closed_at        | fetched_at       |
--   | 1  | finishing |          | 2026-10-20 09:00 |                  | 2026-10-20 09:04 | 2026-11-25 08:00 |
--   | 2  | finishing |          | 2026-10-27 09:00 |                  | 2026-10-27 09:04 | 2026-11-25 08:00 |
--   | 3  | finishing | 7        | 2026-11-17 10:00 | 2026-11-17 10:10 | 2026-11-17 10:30 | 2026-11-25 08:00 |
--   | 4  | finishing |          | 2026-11-24 09:00 |                  | 2026-11-24 09:04 | 2026-11-25 08:00 |
--   | 5  | finishing | 7        | 2026-11-24 10:00 | 2026-11-24 10:05 | 2026-11-24 10:30 | 2026-11-25 08:00 |
--   | 6  | in_chat   | 7        | 2026-11-24 11:00 | 2026-11-24 11:20 |                  | 2026-11-25 08:00 |
--   gives (days_ago = 1)
--   | day        | figure                                 | unit             | value  | mean | lowest | highest | change | change_rate | compared_days |
--   | 2026-11-24 | opened                                 | chats            | 3.0    | 0.5  | 0.0    | 1.0     | 2.5    | 5.0         | 4             |
--   | 2026-11-24 | closed                                 | chats            | 2.0    | 0.5  | 0.0    | 1.0     | 1.5    | 3.0         | 4             |
--   | 2026-11-24 | backlog                                | chats            | 1.0    | 0.0  | 0.0    | 0.0     | 1.0    |             | 4             |
--   | 2026-11-24 | by_agent                               | chats            | 2.0    | 0.25 | 0.0    | 1.0     | 1.75   | 7.0         | 4             |
--   | 2026-11-24 | by_bot                                 | chats            | 1.0    | 0.25 | 0.0    | 1.0     | 0.75   | 3.0         | 4             |
--   | 2026-11-24 | abandoned                              | chats            | 0.0    | 0.0  | 0.0    | 0.0     | 0.0    |             | 4             |
--   | 2026-11-24 | agent_share                            | share            | 0.6667 | 0.5  | 0.0    | 1.0     | 0.1667 | 0.3334      | 2             |
--   | 2026-11-24 | bot_share                              | share            | 0.3333 | 0.5  | 0.0    | 1.0     | -0.1667 | -0.3334    | 2             |
--   | 2026-11-24 | abandoned_share                        | share            | 0.0    | 0.0  | 0.0    | 0.0     | 0.0    |             | 2             |
--   | 2026-11-24 | first_response_met                     | chats            | 1.0    | 0.25 | 0.0    | 1.0     | 0.75   | 3.0         | 4             |
--   | 2026-11-24 | first_response_missed                  | chats            | 1.0    | 0.0  | 0.0    | 0.0     | 1.0    |             | 4             |
--   | 2026-11-24 | first_response_attainment              | share            | 0.5    | 1.0  | 1.0    | 1.0     | -0.5   | -0.5        | 1             |
--   | 2026-11-24 | resolution_attainment                  | share            | 1.0    | 1.0  | 1.0    | 1.0     | 0.0    | 0.0         | 1             |
--   | 2026-11-24 | median_first_response_minutes          | minutes          | 12.5   | 10.0 | 10.0   | 10.0    | 2.5    | 0.25        | 1             |
--   | 2026-11-24 | median_first_response_business_minutes | business_minutes | 12.5   | 10.0 | 10.0   | 10.0    | 2.5    | 0.25        | 1             |
--   | 2026-11-24 | median_resolution_minutes              | minutes          | 30.0   | 30.0 | 30.0   | 30.0    | 0.0    | 0.0         | 1             |
--   | 2026-11-24 | median_resolution_business_minutes     | business_minutes | 30.0   | 30.0 | 30.0   | 30.0    | 0.0    | 0.0         | 1             |
SELECT
    c.company_id,
    c.first_day AS day,
    c.ago AS days_ago,
    c.figure,
    c.unit,
    c.value,
    c.mean,
    c.lowest,
    c.highest,
    c.change,
    c.change_rate,
    c.compared AS compared_days,
    c.holidays AS holiday,
    c.compared_holidays
FROM marts.period_comparisons AS c
WHERE c.period = 'day' AND c.grouped_by = 'company'
