-- Message speakers: who wrote each message. The one rule that first response, SLA and volumes are made of.
-- Quem falou: quem escreveu cada mensagem. A única regra de que são feitos primeira resposta, SLA e volumes.
--
-- Formula: the sender's id is looked up in two lists. Agents: ids in agents, in the agents of any chat (chat_agents) or
--   in charge of one (chats.agent_id). Contacts: the customer of the chat, as the message or the chat says. An id in
--   one list belongs to that list, whatever sender_type says. For an id in both, sender_type decides: agent is an agent,
--   virtual_agent a bot, any other the contact. For an id in none, agent and virtual_agent are a bot, all others other.
-- Edge cases:
--   An internal event of Huggy has no human speaker, whoever it names.
--   A bot may speak as agent, such as Auto, id 1: it is in no list. A program that is listed as an agent is one.
--   An agent who has left is known by the chats that they took part in.
--   Ids of agents and of contacts are two series: a number may be in both.
--   Without a sender: virtual_agent is a bot; where the chat has no customer, as after huggy forget, the contact; an
--   internal one is an event; else other. docs/speakers.md has the table of cases.
-- Fórmula: o id do remetente é procurado em duas listas. Agentes: ids em agents, nos agentes de qualquer atendimento
--   (chat_agents) ou responsáveis por um (chats.agent_id). Contatos: o cliente do atendimento, segundo a mensagem ou o
--   atendimento. Em uma só lista: essa, seja qual for a palavra em sender_type. Nas duas: a palavra decide, agent é um
--   agente, virtual_agent um robô, qualquer outra o contato. Em nenhuma: quem se chama agent ou virtual_agent é um robô.
-- Casos especiais:
--   Um evento interno da Huggy não é de ninguém, seja quem for o citado nele.
--   Um robô pode falar como agent, como Auto, id 1: nenhuma lista o conhece. Um programa listado como agente é um.
--   Um agente que saiu é conhecido pelos atendimentos de que participou.
--   Ids de agentes e de contatos são duas séries: um número pode estar nas duas.
--   Sem remetente: virtual_agent é um robô; se o atendimento não tem cliente, como após huggy forget, o contato; uma
--   interna é um evento; senão other. docs/speakers.md tem a tabela de casos.
-- Refresh: view.
--
-- Columns:
--   company_id BIGINT: Huggy's id of the account. Other ids are unique only within it: join on company_id and the id.
--     | Id da conta na Huggy. Outros ids só são únicos dentro dela: junte por company_id e o id.
--   message_id BIGINT: The message: messages.id. | A mensagem: messages.id.
--   chat_id BIGINT: The chat: chats.id. | O atendimento: chats.id.
--   contact_id BIGINT: The chat's customer, as the message says, else as the chat does.
--     | O cliente do atendimento, segundo a mensagem, senão segundo o atendimento.
--   sender_id BIGINT: Whose id Huggy gives as the sender's: a contact's, an agent's or a bot's.
--     | O id que a Huggy dá como remetente: de um contato, agente ou robô.
--   speaker VARCHAR: contact, agent, bot, event or other. | contact, agent, bot, event ou other.
--   is_response BOOLEAN: An agent's answer: no internal note, and not from before the chat's opening.
--     | Resposta de um agente: não é nota interna nem anterior à abertura do atendimento.
--   channel VARCHAR: Channel type, such as widget. | Tipo de canal, como widget.
--   type VARCHAR: As messages.type. | Como messages.type.
--   is_internal BOOLEAN: A note that the customer does not see. | Uma nota que o cliente não vê.
--   sent_at TIMESTAMPTZ: When it was sent. | Envio.
--   sent_at_local TIMESTAMP: When it was sent, on the account's clock. | Envio no relógio da conta.
--   fetched_at TIMESTAMPTZ: When the message was read from Huggy. | Quando a mensagem foi lida da Huggy.
--
-- Example: the bot Auto greets as an agent; the customer writes, in a message that does not name them; Ana, who is
--   listed, leaves a note and answers; Rui has left and is known by another chat. Ana and a customer are both 7.
--   chats
--   | id | contact_id | agent_id | agents               | created_at       |
--   | 1  | 5          | 7        | [{id: 7, name: Ana}] | 2026-11-09 09:00 |
--   | 2  | 7          |          | [{id: 8, name: Rui}] | 2026-11-09 10:00 |
--   agents
--   | id | name |
--   | 7  | Ana  |
--   messages
--   | id | chat_id | contact_id | sender_id | sender_type | is_internal | sent_at          |
--   | 1  | 1       | 5          | 1         | agent       | false       | 2026-11-09 09:00 |
--   | 2  | 1       |            | 5         | widget      | false       | 2026-11-09 09:01 |
--   | 3  | 1       | 5          | 7         | agent       | true        | 2026-11-09 09:20 |
--   | 4  | 1       | 5          | 7         | agent       | false       | 2026-11-09 09:25 |
--   | 5  | 1       | 5          | 8         | agent       | false       | 2026-11-09 09:30 |
--   | 6  | 2       | 7          | 7         | widget      | false       | 2026-11-09 10:00 |
--   | 7  | 2       | 7          | 7         | agent       | false       | 2026-11-09 10:10 |
--   gives
--   | message_id | contact_id | speaker | is_response |
--   | 1          | 5          | bot     | false       |
--   | 2          | 5          | contact | false       |
--   | 3          | 5          | agent   | false       |
--   | 4          | 5          | agent   | true        |
--   | 5          | 5          | agent   | true        |
--   | 6          | 7          | contact | false       |
--   | 7          | 7          | agent   | true        |
WITH known AS (
    SELECT company_id, id FROM agents
    UNION
    SELECT company_id, agent_id FROM chats WHERE agent_id IS NOT NULL
    UNION
    SELECT company_id, agent_id FROM chat_agents WHERE agent_id IS NOT NULL
),
looked_up AS (
    SELECT
        m.*,
        lower(m.sender_type) AS word,
        c.created_at AS opened_at,
        coalesce(m.contact_id, c.contact_id) AS customer_id,
        k.id IS NOT NULL AS is_agent,
        coalesce(m.sender_id = m.contact_id, false) OR coalesce(m.sender_id = c.contact_id, false) AS is_contact
    FROM messages AS m
    LEFT JOIN chats AS c ON c.company_id = m.company_id AND c.id = m.chat_id
    LEFT JOIN known AS k ON k.company_id = m.company_id AND k.id = m.sender_id
),
told AS (
    SELECT
        *,
        CASE
            WHEN type = 'internalEvent' THEN 'event'
            WHEN is_agent AND is_contact
                THEN CASE word WHEN 'agent' THEN 'agent' WHEN 'virtual_agent' THEN 'bot' ELSE 'contact' END
            WHEN is_agent THEN 'agent'
            WHEN is_contact THEN 'contact'
            WHEN word = 'virtual_agent' THEN 'bot'
            WHEN sender_id IS NOT NULL THEN CASE word WHEN 'agent' THEN 'bot' ELSE 'other' END
            WHEN is_internal THEN 'event'
            WHEN customer_id IS NULL AND word IS DISTINCT FROM 'agent' THEN 'contact'
            ELSE 'other'
        END AS speaker
    FROM looked_up
)
SELECT
    company_id,
    id AS message_id,
    chat_id,
    customer_id AS contact_id,
    sender_id,
    speaker,
    coalesce(speaker = 'agent' AND is_internal IS NOT TRUE AND sent_at >= opened_at, false) AS is_response,
    channel,
    type,
    is_internal,
    sent_at,
    sent_at_local,
    fetched_at
FROM told
