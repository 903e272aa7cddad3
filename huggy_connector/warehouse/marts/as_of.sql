-- The moment that the marts speak of: when the newest chat of the account was read from the API.
-- O momento a que os marts se referem: quando o atendimento mais recente da conta foi lido da API.
--
-- Formula: the newest fetched_at of the chats, or the start of a run that brought none. A run that reads only certain
--   days (a window, a backfill) counts at most up to the end of those days. Local times are in the account's zone.
-- Edge cases: what happened after it is not known, so nothing here is measured against the clock of the reader.
-- Fórmula: o fetched_at mais novo de chats, ou o início de uma leitura que não trouxe nenhum; de dias lidos à parte (uma
--   janela, um backfill) no máximo o seu fim; sua leitura local no fuso da conta.
-- Casos especiais: o que houve depois não se sabe; por isso nada aqui é medido pelo relógio de quem lê.
-- Refresh: whole, a row an account.
--
-- Columns:
--   company_id BIGINT
--   as_of TIMESTAMPTZ: The moment. | O momento.
--   as_of_local TIMESTAMP: The same in the account's zone. | O mesmo no fuso da conta.
--   day DATE: Its local day. | Seu dia local.
--   business_seconds_before BIGINT: Business time from 2010-01-01 up to it, on the account's calendar, not a desk's.
--     | Expediente de 2010-01-01 até ele, no calendário da conta, e não no de uma equipe.
--
-- Example: read on Monday at 09:00.
--   chats
--   | id | created_at       | fetched_at       |
--   | 1  | 2026-11-09 07:00 | 2026-11-09 09:00 |
--   gives
--   | as_of_local         | day        |
--   | 2026-11-09 09:00:00 | 2026-11-09 |
WITH rows AS (
    SELECT company_id, snapshot AS run_key, max(fetched_at) AS read_at FROM chats GROUP BY ALL
),
newest AS (
    SELECT
        company_id,
        max(least(
            coalesce(read_at, started_at), coalesce(TRY_CAST(window_to AS TIMESTAMPTZ), 'infinity'::TIMESTAMPTZ)
        )) AS as_of
    FROM rows FULL JOIN (FROM meta.snapshots WHERE resource = 'chats' AND mode <> 'tombstones')
        USING (company_id, run_key)
    GROUP BY company_id HAVING count(read_at) > 0
),
zoned AS (
    SELECT company_id, as_of, clock, as_of AT TIME ZONE zone AS as_of_local
    FROM newest JOIN desk_clocks USING (company_id)
    WHERE number = desk_number(company_id, NULL, NULL)
)
SELECT
    z.company_id,
    z.as_of,
    z.as_of_local,
    z.as_of_local::DATE AS day,
    business_seconds(z.as_of, h)::BIGINT AS business_seconds_before
FROM zoned AS z LEFT JOIN business_hours AS h ON h.clock = z.clock AND h.utc_day = epoch_us(z.as_of) // 86400000000
