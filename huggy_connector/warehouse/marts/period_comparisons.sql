-- Comparisons: each figure of a day, week or month beside the mean of those that it is compared with.
-- Comparações: cada número de um dia, semana ou mês ao lado da média daqueles com que é comparado.
--
-- Formula: a day is compared with the same weekday of the 4 weeks before, a week with the 4 before, a week to date with
--   Monday to the same weekday of those, a month with the one before, a month to date with the same days of it;
--   mean = the mean of their values; change = value - mean; change_rate = change / mean. Of the figures, opened, by_agent,
--   by_bot, abandoned, the shares (of by_agent + by_bot + abandoned) and the medians are of the chats opened in the period,
--   closed of the closings in it, backlog of the end of its last day (marts.backlog_by_day); met, missed and attainment =
--   met / (met + missed) are sums of marts.sla_by_day.
-- Edge cases:
--   Yesterday is the day before marts.as_of.day, and "to date" is up to yesterday: on a Monday the week to date is the one
--   that ended yesterday. A month before that is shorter is compared to its last day.
--   Whole: after the day of the company's first chat, which may have begun in the middle, and before the day of the last
--   landing, which was not over. mean is NULL where one of the compared is not whole, value where the period itself is
--   not. Days that were never read (an account read by windows alone) count as days without chats.
--   A day that is a holiday is no measure for one that is none: it is left out of the mean, and compared_holidays names
--   it. Weeks and months keep their holidays; they are named, too.
--   A count without chats is 0, a share or median of nothing NULL and not in the mean; compared counts those that are.
--   The mean of shares and medians is that of the periods' values, not of their chats.
--   Holidays are those of the company's own desk, else of the top of the calendar file, not those of other desks. The
--   first chat is the first since 2010: an older time is a broken one.
--   Groups are those with a chat in the periods. What has not happened by the last landing is in no figure yet.
-- Fórmula: um dia se compara com o mesmo dia da semana das 4 semanas antes, uma semana com as 4 antes, a semana até agora
--   com a segunda até o mesmo dia delas, um mês com o anterior, o mês até agora com os mesmos dias dele;
--   mean = a média de seus valores; change = value - mean; change_rate = change / mean. Dos números, opened, by_agent,
--   by_bot, abandoned, as partes (de by_agent + by_bot + abandoned) e as medianas são dos atendimentos iniciados no
--   período, closed dos encerramentos nele, backlog do fim de seu último dia (marts.backlog_by_day); met, missed e
--   attainment = met / (met + missed) são somas de marts.sla_by_day.
-- Casos especiais:
--   Ontem é o dia antes de marts.as_of.day, e "até agora" é até ontem: numa segunda-feira a semana até agora é a que
--   terminou ontem. Um mês anterior mais curto se compara até seu último dia.
--   Completo: depois do dia do primeiro atendimento da empresa, que pode ter começado no meio, e antes do dia da última
--   coleta, que não terminou. mean é NULL se um dos comparados não está completo, value se o próprio período não está.
--   Dias nunca lidos (conta lida só por janelas) contam como dias sem atendimentos.
--   Um feriado não serve de medida a um dia comum: fica fora da média, e compared_holidays o nomeia. Semanas e meses
--   mantêm seus feriados; também são nomeados.
--   Contagem sem atendimentos é 0; parte ou mediana de nada é NULL e fora da média; compared conta os que entram.
--   A média de partes e medianas é a dos valores dos períodos, não de seus atendimentos.
--   Feriados são os da equipe da própria empresa, senão os do topo do arquivo de calendário, não os de outras equipes. O
--   primeiro atendimento é o primeiro desde 2010: um horário mais antigo está quebrado.
--   Os grupos são os com atendimento nos períodos. O que não ocorreu até a última coleta não está em número algum.
-- Refresh: view, over the chats of some four months.
--
-- Columns:
--   company_id BIGINT
--   period VARCHAR: day, week_to_date, week, month_to_date or month.
--     | day, week_to_date, week, month_to_date ou month.
--   ago BIGINT: How many days, weeks or months ago; 1 is yesterday, 0 the week or month of yesterday.
--     | Há quantos dias, semanas ou meses; 1 é ontem, 0 a semana ou o mês de ontem.
--   first_day DATE: Its first day. | Seu primeiro dia.
--   last_day DATE: Its last day. | Seu último dia.
--   grouped_by VARCHAR: company, department or channel: what the row is of. Choose one; never add rows of two.
--     | company, department ou channel: do que é a linha. Escolha um; nunca some linhas de dois.
--   department_id BIGINT
--   department VARCHAR: Its name. | Seu nome.
--   channel VARCHAR
--   figure VARCHAR: Its name, as in the formula. | Seu nome, como na fórmula.
--   unit VARCHAR: chats, share (0 to 1), minutes (around the clock) or business_minutes.
--     | chats, share (0 a 1), minutes (tempo corrido) ou business_minutes (horário comercial).
--   value DOUBLE: The figure; NULL without whole data. | O número; NULL sem dados completos.
--   mean DOUBLE: The mean of the compared; NULL without whole data of each.
--     | A média dos comparados; NULL sem dados completos de cada um.
--   lowest DOUBLE: The least of them. | O menor deles.
--   highest DOUBLE: The greatest of them. | O maior deles.
--   change DOUBLE: value - mean. | value - mean.
--   change_rate DOUBLE: change / mean; NULL where that is 0. | change / mean; NULL se for 0.
--   compared BIGINT: How many are in the mean, or would be. | Quantos estão na média, ou estariam.
--   holidays VARCHAR: The holidays in the period; NULL without. | Os feriados do período; NULL se não há.
--   compared_holidays VARCHAR: Those in what it is compared with; NULL without.
--     | Os daqueles com que é comparado; NULL se não há.
--
-- Example: chats opened on Mondays: 3 on the 23rd, before it 1, 1, none (whole, so 0), and on the 26th of October, which
--   is the day after the first chat, 2. Monday the 2nd was a holiday. Sunday the 22nd has nothing to be compared with: the
--   first chat came on a Sunday before it, which may have begun in the middle.
--   chats
--   | id | channel | created_at       | fetched_at       |
--   | 1  | email   | 2026-10-25 09:00 | 2026-11-24 08:00 |
--   | 2  | email   | 2026-10-26 09:00 | 2026-11-24 08:00 |
--   | 3  | email   | 2026-10-26 10:00 | 2026-11-24 08:00 |
--   | 4  | email   | 2026-11-02 09:00 | 2026-11-24 08:00 |
--   | 5  | email   | 2026-11-09 09:00 | 2026-11-24 08:00 |
--   | 6  | email   | 2026-11-23 09:00 | 2026-11-24 08:00 |
--   | 7  | email   | 2026-11-23 10:00 | 2026-11-24 08:00 |
--   | 8  | email   | 2026-11-23 11:00 | 2026-11-24 08:00 |
--   gives (grouped_by = 'company' AND figure = 'opened' AND (period = 'day' AND ago IN (1, 2, 8) OR period LIKE '%to_date'))
--   | period        | first_day  | last_day   | value | mean | lowest | highest | change | change_rate | compared | compared_holidays  |
--   | day           | 2026-11-23 | 2026-11-23 | 3.0   | 1.0  | 0.0    | 2.0     | 2.0    | 2.0         | 3        | 2026-11-02 Finados |
--   | day           | 2026-11-22 | 2026-11-22 | 0.0   |      |        |         |        |             | 2        | 2026-11-15 Proclamação da República |
--   | day           | 2026-11-16 | 2026-11-16 | 0.0   |      |        |         |        |             | 2        | 2026-11-02 Finados |
--   | week_to_date  | 2026-11-23 | 2026-11-23 | 3.0   | 1.0  | 0.0    | 2.0     | 2.0    | 2.0         | 4        | 2026-11-02 Finados |
--   | month_to_date | 2026-11-01 | 2026-11-23 | 5.0   |      |        |         |        |             | 0        |                    |
WITH known AS (
    SELECT
        a.company_id,
        a.day AS today,
        a.day - 1 AS yesterday,
        date_trunc('week', a.day - 1)::DATE AS monday,
        date_trunc('month', a.day - 1)::DATE AS month,
        f.first_chat
    FROM marts.as_of AS a
    LEFT JOIN (
        SELECT company_id, min(day) AS first_chat FROM marts.chat_times WHERE day >= '2010-01-01' GROUP BY ALL
    ) AS f USING (company_id)
),
spans AS (
    SELECT *, 'day' AS period, n.ago, yesterday - (n.ago - 1)::INTEGER AS first_day, first_day AS last_day
    FROM known CROSS JOIN (SELECT unnest(range(1, 57)) AS ago) AS n
    UNION ALL
    SELECT *, 'week_to_date', n.ago, monday - (7 * n.ago)::INTEGER, yesterday - (7 * n.ago)::INTEGER
    FROM known CROSS JOIN (SELECT unnest(range(0, 5)) AS ago) AS n
    UNION ALL
    SELECT *, 'week', n.ago, monday - (7 * n.ago)::INTEGER, monday - (7 * n.ago - 6)::INTEGER
    FROM known CROSS JOIN (SELECT unnest(range(1, 9)) AS ago) AS n
    UNION ALL
    SELECT
        *,
        'month_to_date',
        n.ago,
        (month - to_months(n.ago::INTEGER))::DATE,
        (yesterday - to_months(n.ago::INTEGER))::DATE
    FROM known CROSS JOIN (SELECT unnest(range(0, 2)) AS ago) AS n
    UNION ALL
    SELECT *, 'month', n.ago, (month - to_months(n.ago::INTEGER))::DATE, (month - to_months(n.ago::INTEGER - 1))::DATE - 1
    FROM known CROSS JOIN (SELECT unnest(range(1, 5)) AS ago) AS n
),
calendars AS (
    FROM marts.desks WHERE department_id IS NULL AND channel IS NULL
    QUALIFY row_number() OVER (PARTITION BY company_id ORDER BY calendar = 'all') = 1
),
closed AS (
    SELECT k.company_id, c.day, c.holiday FROM calendars AS k JOIN marts.calendar AS c ON c.calendar = k.calendar
    WHERE c.holiday IS NOT NULL
),
periods AS (
    SELECT
        s.company_id,
        s.period,
        s.ago,
        s.first_day,
        s.last_day,
        coalesce(s.first_day > s.first_chat AND s.last_day < s.today, false) AS is_whole,
        string_agg(c.day || ' ' || c.holiday, ', ' ORDER BY c.day) AS holidays
    FROM spans AS s
    LEFT JOIN closed AS c ON c.company_id = s.company_id AND c.day BETWEEN s.first_day AND s.last_day
    GROUP BY ALL
),
days AS (
    SELECT company_id, period, ago, last_day, unnest(generate_series(first_day, last_day, INTERVAL 1 DAY))::DATE AS day
    FROM periods
),
grouped_days AS (
    SELECT d.*, g.grouped_by FROM days AS d CROSS JOIN (VALUES ('company'), ('department'), ('channel')) AS g(grouped_by)
),
opened AS (
    SELECT
        d.company_id,
        d.period,
        d.ago,
        d.grouped_by,
        CASE d.grouped_by WHEN 'department' THEN t.department_id END AS department_id,
        CASE d.grouped_by WHEN 'channel' THEN t.channel END AS channel,
        count(*) AS opened,
        count(*) FILTER (t.handled_by = 'agent') AS by_agent,
        count(*) FILTER (t.handled_by = 'bot') AS by_bot,
        count(*) FILTER (t.handled_by = 'abandoned') AS abandoned,
        nullif(count(t.handled_by), 0) AS decided,
        quantile_cont(t.first_response_seconds, 0.5) / 60 AS median_first_response,
        quantile_cont(t.first_response_business_seconds, 0.5) / 60 AS median_first_response_business,
        quantile_cont(t.resolution_seconds, 0.5) FILTER (t.handled_by = 'agent') / 60 AS median_resolution,
        quantile_cont(t.resolution_business_seconds, 0.5) FILTER (t.handled_by = 'agent') / 60 AS median_resolution_business
    FROM marts.chat_times AS t JOIN grouped_days AS d ON d.company_id = t.company_id AND d.day = t.day
    GROUP BY ALL
),
kept AS (
    SELECT
        d.company_id,
        d.period,
        d.ago,
        d.grouped_by,
        CASE d.grouped_by WHEN 'department' THEN s.department_id END AS department_id,
        CASE d.grouped_by WHEN 'channel' THEN s.channel END AS channel,
        sum(s.met) FILTER (s.metric = 'first_response') AS first_met,
        sum(s.missed) FILTER (s.metric = 'first_response') AS first_missed,
        sum(s.met) FILTER (s.metric = 'resolution') AS resolved_met,
        sum(s.met + s.missed) FILTER (s.metric = 'resolution') AS resolved
    FROM marts.sla_by_day AS s JOIN grouped_days AS d ON d.company_id = s.company_id AND d.day = s.day
    GROUP BY ALL
),
left_open AS (
    SELECT
        d.company_id,
        d.period,
        d.ago,
        d.grouped_by,
        CASE d.grouped_by WHEN 'department' THEN b.department_id END AS department_id,
        CASE d.grouped_by WHEN 'channel' THEN b.channel END AS channel,
        sum(b.closed) AS closed,
        sum(b.backlog) FILTER (b.day = d.last_day) AS backlog
    FROM marts.backlog_by_day AS b JOIN grouped_days AS d ON d.company_id = b.company_id AND d.day = b.day
    GROUP BY ALL
),
groups AS (
    SELECT DISTINCT company_id, grouped_by, department_id, channel FROM opened
),
joined AS (
    SELECT
        p.*,
        g.grouped_by,
        g.department_id,
        g.channel,
        coalesce(o.opened, 0)::DOUBLE AS opened,
        coalesce(l.closed, 0)::DOUBLE AS closed,
        coalesce(l.backlog, 0)::DOUBLE AS backlog,
        coalesce(o.by_agent, 0)::DOUBLE AS by_agent,
        coalesce(o.by_bot, 0)::DOUBLE AS by_bot,
        coalesce(o.abandoned, 0)::DOUBLE AS abandoned,
        round((o.by_agent / o.decided)::DECIMAL(38, 9), 4)::DOUBLE AS agent_share,
        round((o.by_bot / o.decided)::DECIMAL(38, 9), 4)::DOUBLE AS bot_share,
        round((o.abandoned / o.decided)::DECIMAL(38, 9), 4)::DOUBLE AS abandoned_share,
        coalesce(k.first_met, 0)::DOUBLE AS first_response_met,
        coalesce(k.first_missed, 0)::DOUBLE AS first_response_missed,
        round((k.first_met / nullif(k.first_met + k.first_missed, 0))::DECIMAL(38, 9), 4)::DOUBLE AS first_response_attainment,
        round((k.resolved_met / nullif(k.resolved, 0))::DECIMAL(38, 9), 4)::DOUBLE AS resolution_attainment,
        round(o.median_first_response::DECIMAL(38, 9), 2)::DOUBLE AS median_first_response_minutes,
        round(o.median_first_response_business::DECIMAL(38, 9), 2)::DOUBLE AS median_first_response_business_minutes,
        round(o.median_resolution::DECIMAL(38, 9), 2)::DOUBLE AS median_resolution_minutes,
        round(o.median_resolution_business::DECIMAL(38, 9), 2)::DOUBLE AS median_resolution_business_minutes
    FROM groups AS g
    JOIN periods AS p ON p.company_id = g.company_id
    LEFT JOIN opened AS o
        ON o.company_id = g.company_id AND o.period = p.period AND o.ago = p.ago AND o.grouped_by = g.grouped_by
        AND o.department_id IS NOT DISTINCT FROM g.department_id AND o.channel IS NOT DISTINCT FROM g.channel
    LEFT JOIN kept AS k
        ON k.company_id = g.company_id AND k.period = p.period AND k.ago = p.ago AND k.grouped_by = g.grouped_by
        AND k.department_id IS NOT DISTINCT FROM g.department_id AND k.channel IS NOT DISTINCT FROM g.channel
    LEFT JOIN left_open AS l
        ON l.company_id = g.company_id AND l.period = p.period AND l.ago = p.ago AND l.grouped_by = g.grouped_by
        AND l.department_id IS NOT DISTINCT FROM g.department_id AND l.channel IS NOT DISTINCT FROM g.channel
),
figures AS MATERIALIZED (
    SELECT
        company_id,
        period,
        ago,
        first_day,
        last_day,
        is_whole,
        holidays,
        grouped_by,
        department_id,
        channel,
        figure,
        CASE
            WHEN figure LIKE '%_business_minutes' THEN 'business_minutes'
            WHEN figure LIKE '%_minutes' THEN 'minutes'
            WHEN figure LIKE '%_share' OR figure LIKE '%_attainment' THEN 'share'
            ELSE 'chats'
        END AS unit,
        value
    FROM joined UNPIVOT INCLUDE NULLS (
        value FOR figure IN (
            opened, closed, backlog, by_agent, by_bot, abandoned, agent_share, bot_share, abandoned_share,
            first_response_met, first_response_missed, first_response_attainment, resolution_attainment,
            median_first_response_minutes, median_first_response_business_minutes,
            median_resolution_minutes, median_resolution_business_minutes
        )
    )
),
pairs AS (
    SELECT 'day' AS period, f.ago, f.ago + 7 * n.nth AS compared_ago
    FROM (SELECT unnest(range(1, 29)) AS ago) AS f CROSS JOIN (SELECT unnest(range(1, 5)) AS nth) AS n
    UNION ALL
    SELECT 'week_to_date', 0, n.nth FROM (SELECT unnest(range(1, 5)) AS nth) AS n
    UNION ALL
    SELECT 'week', f.ago, f.ago + n.nth
    FROM (SELECT unnest(range(1, 5)) AS ago) AS f CROSS JOIN (SELECT unnest(range(1, 5)) AS nth) AS n
    UNION ALL
    SELECT 'month_to_date', 0, 1
    UNION ALL
    SELECT 'month', f.ago, f.ago + 1 FROM (SELECT unnest(range(1, 4)) AS ago) AS f
),
matched AS (
    SELECT
        v.*,
        c.value AS compared_value,
        c.is_whole AS compared_is_whole,
        c.holidays AS one_compared_holidays,
        c.first_day AS compared_first_day,
        v.period <> 'day' OR v.holidays IS NOT NULL OR c.holidays IS NULL AS is_measure
    FROM figures AS v
    JOIN pairs AS p ON p.period = v.period AND p.ago = v.ago
    JOIN figures AS c
        ON c.company_id = v.company_id AND c.period = p.period AND c.ago = p.compared_ago
        AND c.grouped_by = v.grouped_by AND c.figure = v.figure
        AND c.department_id IS NOT DISTINCT FROM v.department_id AND c.channel IS NOT DISTINCT FROM v.channel
),
compared AS (
    SELECT
        company_id,
        period,
        ago,
        first_day,
        last_day,
        grouped_by,
        department_id,
        channel,
        figure,
        unit,
        holidays,
        CASE WHEN is_whole THEN value END AS value,
        bool_and(compared_is_whole) FILTER (is_measure) AS are_whole,
        avg(compared_value) FILTER (is_measure) AS mean,
        min(compared_value) FILTER (is_measure) AS lowest,
        max(compared_value) FILTER (is_measure) AS highest,
        count(compared_value) FILTER (is_measure AND compared_is_whole) AS compared,
        string_agg(one_compared_holidays, ', ' ORDER BY compared_first_day) AS compared_holidays
    FROM matched
    GROUP BY ALL
),
rounded AS (
    SELECT
        * REPLACE (
            CASE
                WHEN unit = 'share' THEN round(mean::DECIMAL(38, 9), 4)::DOUBLE
                ELSE round(mean::DECIMAL(38, 9), 2)::DOUBLE
            END AS mean
        )
    FROM compared
)
SELECT
    r.company_id,
    r.period,
    r.ago,
    r.first_day,
    r.last_day,
    r.grouped_by,
    r.department_id,
    d.name AS department,
    r.channel,
    r.figure,
    r.unit,
    r.value,
    CASE WHEN are_whole THEN mean END AS mean,
    CASE WHEN are_whole THEN lowest END AS lowest,
    CASE WHEN are_whole THEN highest END AS highest,
    CASE WHEN are_whole THEN round((value - mean)::DECIMAL(38, 9), 4)::DOUBLE END AS change,
    CASE WHEN are_whole THEN round(((value - mean) / nullif(mean, 0))::DECIMAL(38, 9), 4)::DOUBLE END AS change_rate,
    r.compared,
    r.holidays,
    r.compared_holidays
FROM rounded AS r
LEFT JOIN marts.names AS d ON d.company_id = r.company_id AND d.kind = 'department' AND d.id = r.department_id
