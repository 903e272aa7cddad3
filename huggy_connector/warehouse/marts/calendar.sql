-- Business calendar: the account's local days, when they are open, and their holidays.
-- Calendário comercial: os dias locais da conta, seu horário e seus feriados.
--
-- Formula: the hours of the weekday; none on a holiday of the country or on a day that the calendar file closes.
-- Edge cases:
--   Days run from 2010, or the first chat if that is later, to the end of 2049.
--   Business time is counted on the local clock: an hour that summer time (until 2019) skipped or doubled is not
--   business time in any usual calendar, as clocks were changed at midnight.
-- Fórmula: o horário do dia da semana; nenhum em feriado do país ou em dia que o arquivo de calendário fecha.
-- Casos especiais:
--   Os dias vão de 2010, ou do primeiro atendimento se for depois, até o fim de 2049.
--   O expediente é contado no relógio local: a hora que o horário de verão (até 2019) pulou ou repetiu não é
--   expediente em nenhum calendário usual, pois os relógios mudavam à meia-noite.
-- Refresh: whole, a row a day is little.
--
-- Columns:
--   day DATE: The local day. | O dia local.
--   weekday INTEGER: 1 is Monday, 7 is Sunday. | 1 é segunda-feira, 7 é domingo.
--   opens TIME: Start of business; NULL where closed. | Abertura; NULL se fechado.
--   closes TIME: End of business; NULL where closed. | Fechamento; NULL se fechado.
--   holiday VARCHAR: Its name; NULL on other days. | O nome do feriado; NULL nos demais dias.
--   business_seconds INTEGER: Open that day. | Segundos de expediente no dia.
--   business_seconds_before BIGINT: Open on all days before it. | Segundos de expediente em todos os dias anteriores.
--
-- Example: the week of a holiday. Thursday 2026-10-29 opens the calendar; Monday 2026-11-02 is Finados.
--   chats
--   | id | created_at       | fetched_at       |
--   | 1  | 2026-10-29 12:00 | 2026-11-03 12:00 |
--   gives (day BETWEEN '2026-10-29' AND '2026-11-03')
--   | day        | weekday | opens    | closes   | holiday | business_seconds | business_seconds_before |
--   | 2026-10-29 | 4       | 08:00:00 | 18:00:00 |         | 36000            | 0                       |
--   | 2026-10-30 | 5       | 08:00:00 | 18:00:00 |         | 36000            | 36000                   |
--   | 2026-10-31 | 6       |          |          |         | 0                | 72000                   |
--   | 2026-11-01 | 7       |          |          |         | 0                | 72000                   |
--   | 2026-11-02 | 1       |          |          | Finados | 0                | 72000                   |
--   | 2026-11-03 | 2       | 08:00:00 | 18:00:00 |         | 36000            | 72000                   |
SELECT
    day,
    isodow(day) AS weekday,
    opens,
    closes,
    holiday,
    business_seconds,
    coalesce(sum(business_seconds) OVER (ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
        AS business_seconds_before
FROM business_days
