-- Desks: the calendars by which an account's chats count, and the chats that each is for. Set in the calendar file.
-- Equipes: os calendários pelos quais contam os atendimentos da conta, e de quais é cada um. Do arquivo do calendário.
--
-- Formula: a row for all, and one for each table [[desks]] of the calendar file that may fit chats of the account.
-- Edge cases:
--   A chat counts by one desk: of those that fit it, one with a department goes before one with a channel, and that
--   before one of the whole account. all is of the chats that no desk takes. marts.chat_times.calendar has the desk.
--   NULL is any: a desk without a channel is for all channels.
--   Its hours are in marts.calendar, its targets in marts.targets, by the column calendar. What a desk inherits is
--   repeated there.
-- Fórmula: uma linha para all, e uma para cada tabela [[desks]] do arquivo de calendário que pode servir à conta.
-- Casos especiais:
--   Um atendimento conta por uma equipe: das que servem, a que tem departamento vem antes da que tem canal, e esta antes
--   da que é da conta toda. all é dos que nenhuma equipe toma. marts.chat_times.calendar tem a equipe.
--   NULL é qualquer um: uma equipe sem canal vale para todos os canais.
--   Suas horas estão em marts.calendar, suas metas em marts.targets, pela coluna calendar. O que uma equipe herda se
--   repete lá.
-- Refresh: whole, a row an account and desk.
--
-- Columns:
--   company_id BIGINT
--   calendar VARCHAR: all, or what the desk is of, such as department 31, channel whatsapp.
--     | all, ou do que a equipe é, como department 31, channel whatsapp.
--   department_id BIGINT: The department whose chats it takes; NULL for any.
--     | O departamento cujos atendimentos toma; NULL para qualquer um.
--   channel VARCHAR: The channel whose chats it takes; NULL for any. | O canal cujos atendimentos toma; NULL para qualquer.
--   business_seconds_before BIGINT: Its business time from 2010-01-01 up to marts.as_of: less that of a chat, its age.
--     | Seu expediente de 2010-01-01 até marts.as_of: menos o de um atendimento, a idade dele.
--
-- Example: the calendar file has [[desks]] with department = 77, hours from 22:00 to 06:00 each day, and a target of 5
--   minutes to the first response. Read at midnight of a Monday: two hours after its night began.
--   chats
--   | id | created_at       | fetched_at       |
--   | 1  | 2026-11-09 22:00 | 2026-11-10 00:00 |
--   gives
--   | calendar      | department_id | channel |
--   | all           |               |         |
--   | department 77 | 77            |         |
SELECT
    n.company_id,
    t.calendar,
    t.of_department AS department_id,
    t.of_channel AS channel,
    business_seconds(n.as_of, h)::BIGINT AS business_seconds_before
FROM marts.as_of AS n
JOIN desk_clocks AS t ON t.company_id = n.company_id
LEFT JOIN business_hours AS h ON h.clock = t.clock AND h.utc_day = epoch_us(n.as_of) // 86400000000
