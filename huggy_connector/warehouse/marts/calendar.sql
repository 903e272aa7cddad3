-- Business calendars: the local days of each desk's calendar, when they are open, and their holidays.
-- Calendários comerciais: os dias locais do calendário de cada equipe, seu horário e seus feriados.
--
-- Formula: the spans of the weekday; none begins on a holiday of the country or on a day that the calendar file closes.
-- Edge cases:
--   A row a calendar and day: take one calendar, such as all, where you join by day. Which chats each is for: marts.desks.
--   Days run from 2010, or the first chat if that is later, to the end of 2049.
--   A span over midnight belongs to the day on which it begins, and counts in the seconds of both days.
--   The seconds here are those of the local clock. Those of marts.chat_times are real ones, in the account's zone:
--   where the clock is changed within a span, it is an hour longer or shorter.
-- Fórmula: os períodos do dia da semana; nenhum começa em feriado do país ou em dia que o arquivo de calendário fecha.
-- Casos especiais:
--   Uma linha por calendário e dia: tome um calendário, como all, ao juntar por dia. De quais atendimentos é cada um:
--   marts.desks.
--   Os dias vão de 2010, ou do primeiro atendimento se for depois, até o fim de 2049.
--   Um período que passa da meia-noite pertence ao dia em que começa, e conta nos segundos dos dois dias.
--   Os segundos aqui são os do relógio local. Os de marts.chat_times são reais, no fuso da conta: se o relógio muda
--   durante um período, ele tem uma hora a mais ou a menos.
-- Refresh: whole, a row a calendar and day is little.
--
-- Columns:
--   calendar VARCHAR: all, or the desk whose chats it is for. | all, ou a equipe de cujos atendimentos é.
--   day DATE: The local day. | O dia local.
--   weekday INTEGER: 1 is Monday, 7 is Sunday. | 1 é segunda-feira, 7 é domingo.
--   opens TIME: Start of the first span that begins that day; NULL where none does.
--     | Início do primeiro período que começa no dia; NULL se nenhum começa.
--   closes TIME: End of the last span that begins that day; at 00:00 or past midnight it is of the next day.
--     | Fim do último período que começa no dia; se for 00:00 ou depois da meia-noite, é do dia seguinte.
--   hours VARCHAR: All spans that begin that day, such as 08:00-12:00, 13:00-18:00.
--     | Todos os períodos que começam no dia, como 08:00-12:00, 13:00-18:00.
--   holiday VARCHAR: Its name; NULL on other days. | O nome do feriado; NULL nos demais dias.
--   business_seconds INTEGER: Open between its midnights. | Segundos de expediente entre suas meias-noites.
--   business_seconds_before BIGINT: Open from 2010-01-01 to the day before.
--     | Segundos de expediente de 2010-01-01 até o dia anterior.
--   basis VARCHAR: file or default: whether HUGGY_CALENDAR names the file that these hours are from.
--     | file ou default: se HUGGY_CALENDAR nomeia o arquivo de que vêm estas horas.
--
-- Example: the week of a holiday. Thursday 2026-10-29 opens the calendar; Monday 2026-11-02 is Finados. Of
--   department 77, whose desk has a calendar of its own, no chat is here.
--   chats
--   | id | created_at       | fetched_at       |
--   | 1  | 2026-10-29 12:00 | 2026-11-03 12:00 |
--   gives (calendar = 'all' AND day BETWEEN '2026-10-29' AND '2026-11-03')
--   | day        | weekday | opens    | closes   | hours       | holiday | business_seconds |
--   | 2026-10-29 | 4       | 08:00:00 | 18:00:00 | 08:00-18:00 |         | 36000            |
--   | 2026-10-30 | 5       | 08:00:00 | 18:00:00 | 08:00-18:00 |         | 36000            |
--   | 2026-10-31 | 6       |          |          |             |         | 0                |
--   | 2026-11-01 | 7       |          |          |             |         | 0                |
--   | 2026-11-02 | 1       |          |          |             | Finados | 0                |
--   | 2026-11-03 | 2       | 08:00:00 | 18:00:00 | 08:00-18:00 |         | 36000            |
SELECT
    calendar,
    day,
    isodow(day) AS weekday,
    opens,
    closes,
    hours,
    holiday,
    business_seconds,
    business_seconds_before,
    basis
FROM business_days
