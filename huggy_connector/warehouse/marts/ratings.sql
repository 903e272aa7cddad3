-- Ratings: one row a closed chat of which the API was asked for its rating and told whether there is one.
-- Notas: uma linha por atendimento encerrado cuja avaliação a API foi consultada e informou se existe.
--
-- Formula: feedbacks whose answer is read; those whose answer is not_found too, where the account has any that was read.
-- Edge cases:
--   Without `huggy sync --feedback` there is none. Where the API answers 404 for every chat, it has no ratings at all: no
--   row, rather than chats without one. What the API refused is unknown: no row. A chat is asked for again for seven days
--   after its closing, so a rating may still come.
-- Fórmula: feedbacks cujo answer é read; e aqueles cujo answer é not_found, se a conta tem algum lido.
-- Casos especiais:
--   Sem `huggy sync --feedback` não há nenhuma. Se a API responde 404 para todo atendimento, ela não tem avaliações:
--   nenhuma linha, em vez de atendimentos sem nota. O que a API recusou é desconhecido: nenhuma linha. Um atendimento é
--   consultado de novo por sete dias após o encerramento, portanto uma nota ainda pode chegar.
-- Refresh: whole.
--
-- Columns:
--   company_id BIGINT
--   chat_id BIGINT
--   rating INTEGER: What the customer gave; NULL where there is none. | A nota do cliente; NULL se não há.
--   rated_at TIMESTAMPTZ: When, as far as the API says. | Quando, se a API informa.
--
-- Example: chat 1 has a rating, chat 2 has none, the API does not know chat 3 and refuses chat 4.
--   feedbacks
--   | chat_id | answer    | rating |
--   | 1       | read      | 5      |
--   | 2       | read      |        |
--   | 3       | not_found |        |
--   | 4       | refused   |        |
--   gives
--   | chat_id | rating |
--   | 1       | 5      |
--   | 2       |        |
--   | 3       |        |
SELECT
    company_id,
    chat_id,
    rating,
    rated_at
FROM feedbacks
WHERE answer = 'read'
    OR (answer = 'not_found' AND company_id IN (SELECT company_id FROM feedbacks WHERE answer = 'read'))
