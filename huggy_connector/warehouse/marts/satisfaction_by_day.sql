-- Satisfaction by day: of the chats closed that day, how many their customers rated, the mean, and the CSAT.
-- Satisfação por dia: dos atendimentos encerrados no dia, quantos os clientes avaliaram, a média e o CSAT.
--
-- Formula: closed chats of marts.chat_times by the local day of their closing, with marts.satisfaction. response_rate =
--   ratings of Huggy's own / asked. csat = satisfied / on_scale. mean = mean of the ratings on the scale, where all of the
--   row have the same scale. marts.satisfaction says when a scale is known, and who is satisfied on it.
-- Edge cases:
--   NULL, and not 0, where nobody was asked and where no scale is known. A rating off the scale is in rated, not in on_scale.
--   asked counts the chats of which the API said whether there is a rating: whether the customer was asked, it does not say.
--   Ratings come for days after the closing: asked and rated of the last seven days still grow.
--   Neither mean, csat nor response_rate can be averaged over rows: take them again from the counts and from total.
-- Fórmula: encerrados de marts.chat_times pelo dia local do encerramento, com marts.satisfaction. response_rate = notas da
--   própria Huggy / asked. csat = satisfied / on_scale. mean = média das notas na escala, se todas da linha têm a mesma. 
--   marts.satisfaction diz quando uma escala é conhecida e quem nela está satisfeito.
-- Casos especiais:
--   NULL, e não 0, se ninguém foi consultado ou se a escala não é conhecida. Nota fora da escala está em rated, não em
--   on_scale.
--   asked conta os atendimentos dos quais a API disse se há nota: se o cliente foi perguntado, ela não diz.
--   Notas chegam por dias após o encerramento: asked e rated dos últimos sete dias ainda crescem.
--   Nem mean nem csat nem response_rate podem ser tirados em média por linha: calcule de novo das contagens e de total.
-- Refresh: view, a count over marts.chat_times, marts.ratings and marts.satisfaction.
--
-- Columns:
--   company_id BIGINT
--   day DATE: Local day of the closing. | Dia local do encerramento.
--   channel VARCHAR
--   department_id BIGINT
--   department VARCHAR: Its name. | Seu nome.
--   agent_id BIGINT
--   agent VARCHAR: The agent's name. | Nome do agente.
--   chats BIGINT: Closed that day. | Encerrados no dia.
--   asked BIGINT: Of them, those of which the API said whether there is a rating.
--     | Deles, aqueles dos quais a API disse se há nota.
--   rated BIGINT: Of chats, those with a rating of either basis. | De chats, aqueles com nota de uma das origens.
--   rated_in_flows BIGINT: Of rated, those whose rating is of a flow. | De rated, aqueles cuja nota é de um flow.
--   response_rate DOUBLE: (rated - rated_in_flows) / asked; NULL where that is 0.
--     | (rated - rated_in_flows) / asked; NULL se asked for 0.
--   scale VARCHAR: The scale of all ratings of the row; NULL if it is unknown or not the same.
--     | A escala de todas as notas da linha; NULL se desconhecida ou não a mesma.
--   on_scale BIGINT: Of rated, those on a known scale. | De rated, aqueles em uma escala conhecida.
--   total DOUBLE: Sum of the ratings on the scale; NULL without one scale. | Soma das notas na escala; NULL sem uma só escala.
--   mean DOUBLE: total / on_scale. | total / on_scale.
--   satisfied BIGINT: Of on_scale, those in its upper part. | De on_scale, aqueles em sua parte alta.
--   csat DOUBLE: satisfied / on_scale, from 0 to 1; NULL where that is 0. | satisfied / on_scale, de 0 a 1; NULL se for 0.
--
-- Example: Ana closed five chats, three of them rated; Rui's chat was not asked for. Seven ratings of older chats, which
--   are not shown, make it ten: the scale is known.
--   chats
--   | id | situation | agent_id | created_at       | attended_at      | closed_at        |
--   | 1  | finishing | 7        | 2026-11-09 09:00 | 2026-11-09 09:05 | 2026-11-09 09:30 |
--   | 2  | finishing | 7        | 2026-11-09 09:00 | 2026-11-09 09:05 | 2026-11-09 09:30 |
--   | 3  | finishing | 7        | 2026-11-09 09:00 | 2026-11-09 09:05 | 2026-11-09 09:30 |
--   | 4  | finishing | 7        | 2026-11-09 09:00 | 2026-11-09 09:05 | 2026-11-09 09:30 |
--   | 5  | finishing | 7        | 2026-11-09 09:00 | 2026-11-09 09:05 | 2026-11-10 09:30 |
--   | 6  | finishing | 8        | 2026-11-09 09:00 | 2026-11-09 09:05 | 2026-11-09 09:30 |
--   agents
--   | id | name |
--   | 7  | Ana  |
--   | 8  | Rui  |
--   feedbacks
--   | chat_id | answer    | rating |
--   | 1       | read      | 5      |
--   | 2       | read      | 2      |
--   | 3       | read      |        |
--   | 4       | not_found |        |
--   | 5       | read      | 4      |
--   | 21      | read      | 5      |
--   | 22      | read      | 5      |
--   | 23      | read      | 5      |
--   | 24      | read      | 5      |
--   | 25      | read      | 5      |
--   | 26      | read      | 5      |
--   | 27      | read      | 5      |
--   gives
--   | day        | agent | chats | asked | rated | rated_in_flows | response_rate | scale | on_scale | mean | satisfied | csat |
--   | 2026-11-09 | Ana   | 4     | 4     | 2     | 0              | 0.5           | 1-5   | 2        | 3.5  | 1         | 0.5  |
--   | 2026-11-10 | Ana   | 1     | 1     | 1     | 0              | 1.0           | 1-5   | 1        | 4.0  | 1         | 1.0  |
--   | 2026-11-09 | Rui   | 1     | 0     | 0     | 0              |               |       | 0        |      | 0         |      |
WITH counted AS (
    SELECT
        t.company_id,
        t.closed_day AS day,
        t.channel,
        t.department_id,
        t.agent_id,
        count(*) AS chats,
        count(r.chat_id) AS asked,
        count(s.chat_id) AS rated,
        count(*) FILTER (s.basis = 'flow') AS rated_in_flows,
        CASE WHEN count(DISTINCT s.scale) = 1 AND count(s.scale) = count(s.chat_id) THEN min(s.scale) END AS scale,
        count(s.is_satisfied) AS on_scale,
        sum(s.rating) FILTER (s.is_satisfied IS NOT NULL) AS total,
        count(*) FILTER (s.is_satisfied) AS satisfied
    FROM marts.chat_times AS t
    LEFT JOIN marts.ratings AS r ON r.company_id = t.company_id AND r.chat_id = t.chat_id
    LEFT JOIN marts.satisfaction AS s ON s.company_id = t.company_id AND s.chat_id = t.chat_id
    WHERE NOT t.is_open AND t.closed_day IS NOT NULL
    GROUP BY ALL
)
SELECT
    c.company_id,
    c.day,
    c.channel,
    c.department_id,
    d.name AS department,
    c.agent_id,
    a.name AS agent,
    c.chats,
    c.asked,
    c.rated,
    c.rated_in_flows,
    round(((c.rated - c.rated_in_flows) / nullif(c.asked, 0))::DECIMAL(38, 9), 4)::DOUBLE AS response_rate,
    c.scale,
    c.on_scale,
    CASE WHEN c.scale IS NOT NULL THEN round(c.total::DECIMAL(38, 9), 2)::DOUBLE END AS total,
    CASE WHEN c.scale IS NOT NULL THEN
        round((c.total / nullif(c.on_scale, 0))::DECIMAL(38, 9), 2)::DOUBLE END AS mean,
    c.satisfied,
    round((c.satisfied / nullif(c.on_scale, 0))::DECIMAL(38, 9), 4)::DOUBLE AS csat
FROM counted AS c
LEFT JOIN marts.names AS d ON d.company_id = c.company_id AND d.kind = 'department' AND d.id = c.department_id
LEFT JOIN marts.names AS a ON a.company_id = c.company_id AND a.kind = 'agent' AND a.id = c.agent_id
