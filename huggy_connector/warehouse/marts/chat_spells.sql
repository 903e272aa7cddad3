-- Chat spells: one row a spell in which a chat was open in one channel and department, by local days, as was known then.
-- Períodos: uma linha por período em que um atendimento ficou aberto em um canal e departamento, em dias locais.
--
-- Formula: marts.past_spells where the versions in history.chats tell more than the chat as it is now; for all other chats
--   one spell, from day to closed_day of marts.chat_times.
-- Edge cases:
--   What is true at the end of a day counts: a chat that is moved twice on a day was only in the last department.
--   A chat that was opened again has a spell for each time; the first closing stands on its day.
--   A chat whose deletion is confirmed keeps its spells, with deleted_at; one whose opening is unreadable has none.
-- Fórmula: marts.past_spells onde as versões em history.chats contam mais que o estado atual; para os demais, um período,
--   de day a closed_day de marts.chat_times.
-- Casos especiais:
--   Vale o que é verdade ao fim do dia: o atendimento movido duas vezes em um dia só esteve no último departamento.
--   O que foi reaberto tem um período por vez; o primeiro encerramento permanece em seu dia.
--   O de exclusão confirmada mantém seus períodos, com deleted_at; o de abertura ilegível não tem nenhum.
-- Refresh: view, the stored rows and marts.chat_times.
--
-- Columns:
--   company_id BIGINT
--   chat_id BIGINT
--   position BIGINT: Place among the spells of the chat, from 1. | Posição entre os períodos do atendimento, de 1.
--   from_day DATE: Local day on which it begins. | Dia local em que começa.
--   began VARCHAR: opened, reopened, or moved (from another channel or department).
--     | opened (aberto), reopened (reaberto) ou moved (de outro canal ou departamento).
--   to_day DATE: Local day on which it ends; NULL while it lasts. | Dia local em que termina; NULL enquanto dura.
--   ended VARCHAR: closed, moved or deleted; NULL while it lasts. | closed, moved ou deleted; NULL enquanto dura.
--   channel VARCHAR: Its channel then. | Seu canal então.
--   department_id BIGINT: Its department then: departments.id. | Seu departamento então: departments.id.
--   basis VARCHAR: history where versions tell more than the chat as it is now; else current.
--     | history onde versões contam mais que o estado atual; senão current.
--   deleted_at TIMESTAMPTZ: When the chat was deleted, if that is confirmed. | Exclusão do atendimento, se confirmada.
--
-- Example: chat 1 was closed, found open again five days later, and is open. Chat 2 is closed, and always was as it is.
--   chats
--   | id | situation | channel | created_at       | closed_at        |
--   | 1  | in_chat   | widget  | 2026-11-09 09:00 |                  |
--   | 2  | finishing | widget  | 2026-11-09 23:00 | 2026-11-10 00:10 |
--   history.chats
--   | id | situation | channel | closed_at        | valid_from       | last_seen_at     | valid_to         |
--   | 1  | finishing | widget  | 2026-11-09 10:00 | 2026-11-09 18:00 | 2026-11-13 18:00 | 2026-11-14 18:00 |
--   | 1  | in_chat   | widget  |                  | 2026-11-14 18:00 |                  |                  |
--   gives
--   | chat_id | position | from_day   | began    | to_day     | ended  | basis   |
--   | 1       | 1        | 2026-11-09 | opened   | 2026-11-09 | closed | history |
--   | 1       | 2        | 2026-11-14 | reopened |            |        | history |
--   | 2       | 1        | 2026-11-09 | opened   | 2026-11-10 | closed | current |
SELECT
    company_id,
    chat_id,
    position,
    from_day,
    began,
    to_day,
    ended,
    channel,
    department_id,
    basis,
    deleted_at
FROM marts.past_spells
UNION ALL
SELECT
    company_id,
    chat_id,
    1 AS position,
    day AS from_day,
    'opened' AS began,
    closed_day AS to_day,
    CASE WHEN closed_day IS NOT NULL THEN 'closed' END AS ended,
    channel,
    department_id,
    'current' AS basis,
    NULL::TIMESTAMPTZ AS deleted_at
FROM marts.chat_times
ANTI JOIN (SELECT DISTINCT company_id, chat_id FROM marts.past_spells) USING (company_id, chat_id)
WHERE day IS NOT NULL
