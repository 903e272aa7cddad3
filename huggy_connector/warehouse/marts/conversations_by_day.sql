-- Conversations by day: how many messages and agents the closed chats took, which were passed on, and which opened again.
-- Conversas por dia: quantas mensagens e agentes os encerrados tomaram, quais foram repassados e quais reabriram.
--
-- Formula: closed chats that an agent handled, by the local day of their opening; messages_per_chat = (contact_messages +
--   agent_messages + bot_messages) / with_messages; one_touch_share = one_touch / with_messages; handed_off_share =
--   handed_off / chats; reopened_share = reopened / followed.
-- Edge cases:
--   Messages are those of chats whose messages were read after their last change: with_messages. A share is NULL where
--   there are none.
--   Hand-offs are those that the chat's list of agents, its versions and events tell, so at least so many. Reopenings only
--   versions and events tell: followed says of how many chats. In the first hours of a chat nothing is said of its reopening yet.
-- Fórmula: atendimentos encerrados que um agente atendeu, pelo dia local da abertura; messages_per_chat =
--   (contact_messages + agent_messages + bot_messages) / with_messages; one_touch_share = one_touch / with_messages;
--   handed_off_share = handed_off / chats; reopened_share = reopened / followed.
-- Casos especiais:
--   As mensagens são as de atendimentos cujas mensagens foram lidas após a última mudança: with_messages. Uma fração é
--   NULL se não há.
--   Repasses são os que a lista de agentes, as versões e os eventos informam, portanto pelo menos tantos. Reaberturas só
--   versões e eventos informam: followed diz de quantos atendimentos. Nas primeiras horas nada se sabe ainda de uma reabertura.
-- Refresh: view, a count over marts.chat_times.
--
-- Columns:
--   company_id BIGINT
--   day DATE
--   channel VARCHAR
--   department_id BIGINT
--   department VARCHAR: Its name. | Seu nome.
--   agent_id BIGINT
--   agent VARCHAR: The agent's name. | Nome do agente.
--   chats BIGINT: Closed chats that an agent handled. | Encerrados que um agente atendeu.
--   with_messages BIGINT: Of them, those whose messages are all told. | Deles, aqueles cujas mensagens são todas conhecidas.
--   contact_messages BIGINT: Messages of the customers of these. | Mensagens dos clientes destes.
--   agent_messages BIGINT: Messages of agents in these. | Mensagens de agentes nestes.
--   bot_messages BIGINT: Messages of bots in these. | Mensagens de robôs nestes.
--   messages_per_chat DOUBLE: All three / with_messages; NULL where that is 0. | As três / with_messages; NULL se for 0.
--   one_touch BIGINT: Solved with one message of one agent. | Resolvidos com uma só mensagem de um só agente.
--   one_touch_share DOUBLE: one_touch / with_messages; NULL where that is 0. | one_touch / with_messages; NULL se for 0.
--   handed_off BIGINT: Went from one agent to another. | Passaram de um agente a outro.
--   handoffs BIGINT: How often, at least. | Quantas vezes, pelo menos.
--   handed_off_share DOUBLE: handed_off / chats. | handed_off / chats.
--   followed BIGINT: Of chats, those of which events or several versions tell.
--     | De chats, aqueles de que eventos ou várias versões informam.
--   reopened BIGINT: Of these, those opened again after a closing. | Destes, os reabertos após um encerramento.
--   reopens BIGINT: How often. | Quantas vezes.
--   reopened_share DOUBLE: reopened / followed; NULL where that is 0. | reopened / followed; NULL se for 0.
--
-- Example: Ana closes chat 1 with one answer; chat 2 went from Rui to Ana; chat 3 was closed, opened again and closed by
--   Ana. Messages of chat 3 are not landed.
--   chats
--   | id | situation | agent_id | agents                                   | created_at       | attended_at      | closed_at        |
--   | 1  | finishing | 7        | [{id: 7, name: Ana}]                     | 2026-11-09 09:00 | 2026-11-09 09:05 | 2026-11-09 09:30 |
--   | 2  | finishing | 7        | [{id: 8, name: Rui}, {id: 7, name: Ana}] | 2026-11-09 10:00 | 2026-11-09 10:05 | 2026-11-09 10:30 |
--   | 3  | finishing | 7        | [{id: 7, name: Ana}]                     | 2026-11-09 11:00 | 2026-11-09 11:05 | 2026-11-09 12:30 |
--   messages
--   | id | chat_id | contact_id | sender_id | sender_type | is_internal | sent_at          | fetched_at       |
--   | 1  | 1       | 5          | 5         | customer    | false       | 2026-11-09 09:00 | 2026-11-09 18:00 |
--   | 2  | 1       | 5          | 7         | agent       | true        | 2026-11-09 09:06 | 2026-11-09 18:00 |
--   | 3  | 1       | 5          | 7         | agent       | false       | 2026-11-09 09:07 | 2026-11-09 18:00 |
--   | 4  | 2       | 6          | 6         | customer    | false       | 2026-11-09 10:00 | 2026-11-09 18:00 |
--   | 5  | 2       | 6          | 8         | agent       | false       | 2026-11-09 10:06 | 2026-11-09 18:00 |
--   | 6  | 2       | 6          | 7         | agent       | false       | 2026-11-09 10:20 | 2026-11-09 18:00 |
--   events
--   | event_id | event        | chat_id | situation | agent_id | occurred_at      |
--   | a        | closedChat   | 3       | finishing |          | 2026-11-09 11:30 |
--   | b        | agentEntered | 3       | in_chat   | 7        | 2026-11-09 12:00 |
--   agents
--   | id | name |
--   | 7  | Ana  |
--   | 8  | Rui  |
--   gives
--   | day        | agent | chats | with_messages | contact_messages | agent_messages | messages_per_chat | one_touch | one_touch_share | handed_off | handoffs | handed_off_share | followed | reopened | reopens | reopened_share |
--   | 2026-11-09 | Ana   | 3     | 2             | 2                | 3              | 2.5               | 1         | 0.5             | 1          | 1        | 0.3333           | 1           | 1        | 1       | 1.0            |
WITH counted AS (
    SELECT
        company_id,
        day,
        channel,
        department_id,
        agent_id,
        count(*) AS chats,
        count(agent_messages) AS with_messages,
        coalesce(sum(contact_messages), 0)::BIGINT AS contact_messages,
        coalesce(sum(agent_messages), 0)::BIGINT AS agent_messages,
        coalesce(sum(bot_messages), 0)::BIGINT AS bot_messages,
        count(*) FILTER (is_one_touch) AS one_touch,
        count(*) FILTER (handoffs > 0) AS handed_off,
        sum(handoffs)::BIGINT AS handoffs,
        count(reopens) AS followed,
        count(*) FILTER (reopens > 0) AS reopened,
        coalesce(sum(reopens), 0)::BIGINT AS reopens
    FROM marts.chat_times
    WHERE NOT is_open AND handled_by = 'agent'
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
    c.with_messages,
    c.contact_messages,
    c.agent_messages,
    c.bot_messages,
    round(((c.contact_messages + c.agent_messages + c.bot_messages) / nullif(c.with_messages, 0))::DECIMAL(38, 9), 2)::DOUBLE AS messages_per_chat,
    c.one_touch,
    round((c.one_touch / nullif(c.with_messages, 0))::DECIMAL(38, 9), 4)::DOUBLE AS one_touch_share,
    c.handed_off,
    c.handoffs,
    round((c.handed_off / c.chats)::DECIMAL(38, 9), 4)::DOUBLE AS handed_off_share,
    c.followed,
    c.reopened,
    c.reopens,
    round((c.reopened / nullif(c.followed, 0))::DECIMAL(38, 9), 4)::DOUBLE AS reopened_share
FROM counted AS c
LEFT JOIN marts.names AS d ON d.company_id = c.company_id AND d.kind = 'department' AND d.id = c.department_id
LEFT JOIN marts.names AS a ON a.company_id = c.company_id AND a.kind = 'agent' AND a.id = c.agent_id
