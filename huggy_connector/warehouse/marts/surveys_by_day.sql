-- Surveys by day: how customers scored, by flow and question: the mean, the NPS and the CSAT.
-- Pesquisas por dia: que notas os clientes deram, por flow e pergunta: a média, o NPS e o CSAT.
--
-- Formula: the answers of marts.flow_answers with a score. nps = share of 9 and 10 minus share of 0 to 6, times 100. csat =
--   share of 4 and 5. A flow or a question is no survey until one answer of the day has a score.
-- Edge cases:
--   Huggy does not say which scale a question has: choose nps or csat by it. nps is NULL where a score is not from 0 to 10,
--   csat where one is not from 1 to 5.
--   Texts in answer to the question count in answers, not in scored. A customer who answers twice counts twice.
--   Neither nps, csat nor mean can be averaged over days: take them again from the counts.
-- Fórmula: as respostas de marts.flow_answers com score. nps = fração de 9 e 10 menos fração de 0 a 6, vezes 100. csat =
--   fração de 4 e 5. Um flow ou pergunta só é pesquisa quando uma resposta do dia tem score.
-- Casos especiais:
--   A Huggy não diz a escala da pergunta: escolha nps ou csat por ela. nps é NULL se um score não está entre 0 e 10, csat se
--   um não está entre 1 e 5.
--   Textos em resposta à pergunta contam em answers, não em scored. Um cliente que responde duas vezes conta duas vezes.
--   Nem nps nem csat nem mean podem ser tirados em média por dia: calcule de novo a partir das contagens.
-- Refresh: view, a count over marts.flow_answers.
--
-- Columns:
--   company_id BIGINT
--   day DATE: Local day of the answers. | Dia local das respostas.
--   flow_id BIGINT: Huggy's id of the flow. | Id do flow na Huggy.
--   flow_token VARCHAR: The label that the flow bears in Huggy. | O rótulo do flow na Huggy.
--   question VARCHAR: The name of the flow's variable. | O nome da variável do flow.
--   answers BIGINT: Answers, of whatever kind. | Respostas, de qualquer tipo.
--   scored BIGINT: Of them, those with a score. | Delas, as com score.
--   mean DOUBLE: Mean of the scores. | Média das notas.
--   promoters BIGINT: Scores of 9 and more. | Notas a partir de 9.
--   passives BIGINT: Scores from 7 to below 9. | Notas de 7 até abaixo de 9.
--   detractors BIGINT: Scores below 7. | Notas abaixo de 7.
--   nps DOUBLE: From -100 to 100. | De -100 a 100.
--   satisfied BIGINT: Scores of 4 and more. | Notas a partir de 4.
--   csat DOUBLE: Share of satisfied, from 0 to 1. | Fração de satisfeitos, de 0 a 1.
--
-- Example: 10, 9, 7 and 3 of ten; 5 and 2 of five, and one in words.
--   chats
--   | id | situation | created_at       |
--   | 1  | auto      | 2026-11-09 09:00 |
--   | 2  | auto      | 2026-11-09 09:00 |
--   | 3  | auto      | 2026-11-09 09:00 |
--   | 4  | auto      | 2026-11-09 09:00 |
--   events
--   | event_id | event                  | chat_id | flow_id | occurred_at      | item |
--   | a        | finishedAutomationFlow | 1       | 3210    | 2026-11-09 09:01 | {"flowToken": "nps", "context": {"nota": "10"}} |
--   | b        | finishedAutomationFlow | 2       | 3210    | 2026-11-09 09:02 | {"flowToken": "nps", "context": {"nota": 9}} |
--   | c        | finishedAutomationFlow | 3       | 3210    | 2026-11-09 09:03 | {"flowToken": "nps", "context": {"nota": "7"}} |
--   | d        | finishedAutomationFlow | 4       | 3210    | 2026-11-09 09:04 | {"flowToken": "nps", "context": {"nota": "3"}} |
--   | e        | finishedAutomationFlow | 1       | 3211    | 2026-11-09 09:01 | {"flowToken": "csat", "context": {"estrelas": "5"}} |
--   | f        | finishedAutomationFlow | 2       | 3211    | 2026-11-09 09:02 | {"flowToken": "csat", "context": {"estrelas": "2"}} |
--   | g        | finishedAutomationFlow | 3       | 3211    | 2026-11-09 09:03 | {"flowToken": "csat", "context": {"estrelas": "ok"}} |
--   gives
--   | day        | flow_token | question | answers | scored | mean | promoters | passives | detractors | nps    | satisfied | csat |
--   | 2026-11-09 | nps        | nota     | 4       | 4      | 7.25 | 2         | 1        | 1          | 25.0   | 3         |      |
--   | 2026-11-09 | csat       | estrelas | 3       | 2      | 3.5  | 0         | 0        | 2          | -100.0 | 1         | 0.5  |
WITH counted AS (
    SELECT
        company_id,
        day,
        flow_id,
        question,
        max(flow_token) AS flow_token,
        count(*) AS answers,
        count(score) AS scored,
        avg(score) AS mean,
        min(score) AS lowest,
        max(score) AS highest,
        count(*) FILTER (score >= 9) AS promoters,
        count(*) FILTER (score >= 7 AND score < 9) AS passives,
        count(*) FILTER (score < 7) AS detractors,
        count(*) FILTER (score >= 4) AS satisfied
    FROM marts.flow_answers
    GROUP BY ALL
)
SELECT
    company_id,
    day,
    flow_id,
    flow_token,
    question,
    answers,
    scored,
    round(mean::DECIMAL(38, 9), 2)::DOUBLE AS mean,
    promoters,
    passives,
    detractors,
    CASE WHEN lowest >= 0 AND highest <= 10 THEN
        round((100 * (promoters - detractors) / scored)::DECIMAL(38, 9), 1)::DOUBLE END AS nps,
    satisfied,
    CASE WHEN lowest >= 1 AND highest <= 5 THEN round((satisfied / scored)::DECIMAL(38, 9), 4)::DOUBLE END AS csat
FROM counted
WHERE scored > 0
