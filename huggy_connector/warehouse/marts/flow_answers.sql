-- Flow answers: one row an answer that a flow was given: a variable of a finished run, with its number if it is one.
-- Respostas de flows: uma linha por resposta dada a um flow: uma variável de uma execução encerrada, e seu número se for.
--
-- Formula: the entries of marts.flow_runs.answers. score = the answer as a number, where it is one of at most three digits
--   before the comma: "9", "4,5", 10.
-- Edge cases:
--   An empty answer, true, false, a list and an object are no answers. Longer numbers (telephones, CPF) have no score.
-- Fórmula: as entradas de marts.flow_runs.answers. score = a resposta como número, se for um de até três dígitos antes da
--   vírgula: "9", "4,5", 10.
-- Casos especiais:
--   Uma resposta vazia, true, false, uma lista e um objeto não são respostas. Números mais longos (telefones, CPF) não têm
--   score.
-- Refresh: view, it unfolds marts.flow_runs.
--
-- Columns:
--   company_id BIGINT
--   chat_id BIGINT
--   flow_id BIGINT: Huggy's id of the flow. | Id do flow na Huggy.
--   run BIGINT: Which run of the flow in the chat it is: marts.flow_runs.run. | Qual execução: marts.flow_runs.run.
--   flow_token VARCHAR: The label that the flow bears in Huggy. | O rótulo do flow na Huggy.
--   day DATE: Local day of the finish. | Dia local do fim.
--   question VARCHAR: The name of the variable. | O nome da variável.
--   answer VARCHAR: What was answered. | O que foi respondido.
--   score DOUBLE: The answer as a number. | A resposta como número.
--
-- Example: a score and a comment; a telephone number is no score, and what was left empty no answer.
--   chats
--   | id | situation | created_at       |
--   | 1  | auto      | 2026-11-09 09:00 |
--   events
--   | event_id | event                  | chat_id | flow_id | occurred_at      | item |
--   | a        | finishedAutomationFlow | 1       | 3210    | 2026-11-09 09:01 | {"context": {"nota": "9,5", "por.que": "Bom \"demais\"", "fone": "5500900000001", "outro": ""}} |
--   gives
--   | flow_id | run | day        | question | answer        | score |
--   | 3210    | 1   | 2026-11-09 | nota     | 9,5           | 9.5   |
--   | 3210    | 1   | 2026-11-09 | por.que  | Bom "demais"  |       |
--   | 3210    | 1   | 2026-11-09 | fone     | 5500900000001 |       |
WITH entries AS (
    SELECT
        company_id,
        chat_id,
        flow_id,
        run,
        flow_token,
        day,
        unnest(map_entries(answers::MAP(VARCHAR, JSON))) AS entry
    FROM marts.flow_runs
    WHERE answers IS NOT NULL
),
answered AS (
    SELECT * EXCLUDE (entry), entry.key AS question, trim(entry.value ->> '$') AS answer
    FROM entries
    WHERE json_type(entry.value) NOT IN ('NULL', 'BOOLEAN', 'ARRAY', 'OBJECT')
)
SELECT
    company_id,
    chat_id,
    flow_id,
    run,
    flow_token,
    day,
    question,
    answer,
    CASE WHEN regexp_full_match(answer, '-?[0-9]{1,3}([.,][0-9]{1,6})?') THEN replace(answer, ',', '.')::DOUBLE END AS score
FROM answered
WHERE answer <> ''
