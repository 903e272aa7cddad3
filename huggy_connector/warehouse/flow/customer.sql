-- The customer of a chat: who it is, how often it has written, and where its last chat stands.
--
-- Inputs: contact
-- Columns: cliente_id, cliente_nome, cliente_cidade, cliente_estado, cliente_desde, cliente_atendimentos,
--   cliente_em_atendimento, cliente_ultimo_id, cliente_ultimo_em, cliente_ultimo_canal, cliente_ultima_situacao,
--   cliente_ultimo_agente, cliente_ultimo_departamento, cliente_ultima_tabulacao
SELECT
    id AS cliente_id,
    name AS cliente_nome,
    city AS cliente_cidade,
    state AS cliente_estado,
    first_day AS cliente_desde,
    chats AS cliente_atendimentos,
    has_open_chat AS cliente_em_atendimento,
    last_chat_id AS cliente_ultimo_id,
    last_chat_at AS cliente_ultimo_em,
    last_channel AS cliente_ultimo_canal,
    last_situation AS cliente_ultima_situacao,
    last_agent AS cliente_ultimo_agente,
    last_department AS cliente_ultimo_departamento,
    last_tabulation AS cliente_ultima_tabulacao
FROM memory.flow.customers
WHERE id = $contact_id
