-- Satisfaction: one row a chat that its customer rated, in Huggy's own rating or in a question of a flow.
-- Satisfação: uma linha por atendimento que o cliente avaliou, na nota da própria Huggy ou em uma pergunta de um flow.
--
-- Formula: the rating of marts.ratings (basis feedback), else the newest score of marts.flow_answers whose question has the
--   scale 1-5 or 0-1 (basis flow). scale = the first of 0-1, 1-5, 0-10 that holds at least 99 % of at least ten answers to
--   the same question, and whose ends were given: 0 and 1; 5; 9 or 10. is_satisfied = 1 of 0-1, 4 and more of 1-5, 8 and
--   more of 0-10.
-- Edge cases:
--   Huggy does not say which scale the account has. Where the answers do not tell either, scale and is_satisfied are NULL,
--   and nothing is guessed. A rating off the scale has is_satisfied NULL: it counts in no mean and no share.
--   A question of a flow on 0-10 is taken for the NPS, which is another question: marts.surveys_by_day has it.
--   A chat counts once, however often its customer answered. An answer in words has no score: marts.flow_answers has it.
-- Fórmula: a nota de marts.ratings (basis feedback), senão o score mais novo de marts.flow_answers cuja pergunta tem a
--   escala 1-5 ou 0-1 (basis flow). scale = a primeira de 0-1, 1-5, 0-10 que contém ao menos 99 % de ao menos dez respostas
--   à mesma pergunta e cujos extremos foram dados: 0 e 1; 5; 9 ou 10. is_satisfied = 1 em 0-1, 4 ou mais em 1-5, 8 ou mais
--   em 0-10.
-- Casos especiais:
--   A Huggy não diz a escala da conta. Se as respostas também não dizem, scale e is_satisfied são NULL, e nada é suposto.
--   Uma nota fora da escala tem is_satisfied NULL: não entra em média nem em fração.
--   Uma pergunta de flow em 0-10 é tida como o NPS, que é outra pergunta: está em marts.surveys_by_day.
--   Um atendimento conta uma vez, por mais que o cliente responda. Uma resposta em palavras não tem score: está em
--   marts.flow_answers.
-- Refresh: view, over marts.ratings and marts.flow_answers.
--
-- Columns:
--   company_id BIGINT
--   chat_id BIGINT
--   basis VARCHAR: feedback (Huggy's rating) or flow. | feedback (a nota da Huggy) ou flow.
--   flow_id BIGINT: The flow that asked; NULL for feedback. | O flow que perguntou; NULL em feedback.
--   question VARCHAR: The flow's variable; NULL for feedback. | A variável do flow; NULL em feedback.
--   rating DOUBLE: What the customer gave. | A nota do cliente.
--   scale VARCHAR: 0-1, 1-5 or 0-10; NULL where the answers do not tell. | 0-1, 1-5 ou 0-10; NULL se as respostas não dizem.
--   is_satisfied BOOLEAN: In the upper part of the scale; NULL off it or without one.
--     | Na parte alta da escala; NULL fora dela ou sem escala.
--
-- Example: ten ratings tell the scale; chat 11 answered a flow, whose scale one answer does not tell.
--   chats
--   | id | situation | created_at       |
--   | 11 | auto      | 2026-11-09 09:00 |
--   feedbacks
--   | chat_id | answer | rating |
--   | 1       | read   | 5      |
--   | 2       | read   | 5      |
--   | 3       | read   | 4      |
--   | 4       | read   | 5      |
--   | 5       | read   | 5      |
--   | 6       | read   | 5      |
--   | 7       | read   | 5      |
--   | 8       | read   | 5      |
--   | 9       | read   | 1      |
--   | 10      | read   | 3      |
--   | 12      | read   |        |
--   events
--   | event_id | event                  | chat_id | flow_id | occurred_at      | item |
--   | a        | finishedAutomationFlow | 11      | 3210    | 2026-11-09 09:01 | {"flowToken": "csat", "context": {"nota": "5"}} |
--   gives (chat_id IN (3, 9, 10, 11, 12))
--   | chat_id | basis    | rating | scale | is_satisfied |
--   | 3       | feedback | 4.0    | 1-5   | true         |
--   | 9       | feedback | 1.0    | 1-5   | false        |
--   | 10      | feedback | 3.0    | 1-5   | false        |
WITH answers AS (
    SELECT
        company_id,
        chat_id,
        'feedback' AS basis,
        NULL::BIGINT AS flow_id,
        NULL::VARCHAR AS question,
        rating::DOUBLE AS rating,
        NULL::DATE AS day,
        NULL::BIGINT AS run
    FROM marts.ratings
    WHERE rating IS NOT NULL
    UNION ALL
    SELECT
        company_id,
        chat_id,
        'flow' AS basis,
        flow_id,
        question,
        score AS rating,
        day,
        run
    FROM marts.flow_answers
    WHERE score IS NOT NULL
),
counted AS (
    SELECT
        company_id,
        basis,
        flow_id,
        question,
        count(*) AS answers,
        count(*) FILTER (rating IN (0, 1)) AS on_two,
        count(*) FILTER (rating BETWEEN 1 AND 5) AS on_five,
        count(*) FILTER (rating BETWEEN 0 AND 10) AS on_ten,
        bool_or(rating = 0) AND bool_or(rating = 1) AS has_two,
        bool_or(rating = 5) AS has_five,
        bool_or(rating BETWEEN 9 AND 10) AS has_ten
    FROM answers
    GROUP BY ALL
),
scales AS (
    SELECT
        company_id,
        basis,
        flow_id,
        question,
        CASE
            WHEN answers < 10 THEN NULL
            WHEN has_two AND 100 * on_two >= 99 * answers THEN '0-1'
            WHEN has_five AND 100 * on_five >= 99 * answers THEN '1-5'
            WHEN has_ten AND 100 * on_ten >= 99 * answers THEN '0-10'
        END AS scale
    FROM counted
),
known AS (
    SELECT
        a.*,
        s.scale,
        CASE s.scale
            WHEN '0-1' THEN CASE WHEN a.rating IN (0, 1) THEN a.rating = 1 END
            WHEN '1-5' THEN CASE WHEN a.rating BETWEEN 1 AND 5 THEN a.rating >= 4 END
            WHEN '0-10' THEN CASE WHEN a.rating BETWEEN 0 AND 10 THEN a.rating >= 8 END
        END AS is_satisfied
    FROM answers AS a
    JOIN scales AS s
        ON s.company_id = a.company_id AND s.basis = a.basis
        AND s.flow_id IS NOT DISTINCT FROM a.flow_id AND s.question IS NOT DISTINCT FROM a.question
    WHERE a.basis = 'feedback' OR s.scale IN ('0-1', '1-5')
)
SELECT
    company_id,
    chat_id,
    basis,
    flow_id,
    question,
    rating,
    scale,
    is_satisfied
FROM known
WHERE chat_id IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY company_id, chat_id ORDER BY basis = 'feedback' DESC, day DESC, run DESC, flow_id, question
) = 1
