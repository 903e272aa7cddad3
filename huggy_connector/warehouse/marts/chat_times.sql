-- Chat times: one row a chat with its names, times and durations, for any aggregate. All other marts are made of it.
-- Tempos dos atendimentos: uma linha por atendimento com nomes, horários e durações. Base de todos os demais marts.
--
-- Formula: queue wait = attended_at - queued_at where events tell of the queue (queue_basis event), else
--   attended_at - created_at (queue_basis opening); taken = attended_at - created_at; first response = created_at to the
--   first message of an agent where the messages of the chat are landed, else to attended_at; handling = closed_at -
--   attended_at; resolution = closed_at - created_at. Business seconds are those of the interval inside the spans of
--   marts.calendar. Reply = from the first of the customer's messages that no agent has answered yet to the next message
--   of an agent; next replies are those after the first response, and the total reply time is the sum of all.
-- Edge cases:
--   message_speakers decides which messages are an agent's: not a bot's under an agent's name, nor internal notes.
--   NULL until the event happens, and if the event lies before the opening (a broken time).
--   Messages that were read before the chat's last change and hold no answer do not count: the answer may be newer.
--   Open: in one of auto, wait_for_chat, in_chat, queue, in_queue, or in an unknown situation and not closed. A chat
--   that was opened again has no closing. One that is closed without a time leaves the backlog at its last change.
--   Huggy's API does not say when a chat entered the queue: without events the wait begins at the opening and includes
--   the bot's part. taken_seconds is that wait for all chats, so that a series keeps its meaning from before the webhook.
--   queued_at is where marts.chat_timeline first has the queue, if a stretch of the bot or the opening is right before it:
--   where what came before was not told, the chat may have waited longer. A queue after an agent took the chat is another
--   one. Where events are lost meanwhile, the wait is shorter than it was: see meta.coverage.
--   Abandoned: closed without an agent after it left the bot: it has a department, or events tell of the queue. Events
--   that tell of the bot last, and never of the queue, make it the bot's. No agent: none in charge, none in agents, none
--   in events. What left the bot without department and events is the bot's here: nobody told. The wait that was given
--   up is closed_at - queued_at where events tell of the queue, else closed_at - created_at: with the bot's part.
--   Agents are those of the chat's list, those in charge now or in a version of history.chats, and those whom events tell.
--   Each further agent is a hand-off; events or versions tell of more where a chat came back to an agent. A closing that
--   events tell, and that is not the last, is a reopening, and so is an open version after a closed one. Of events and
--   versions the one that tells more counts, never their sum. Messages are counted if they were read after the last change of the chat: internal notes and events are none.
--   One touch: closed by an agent with one message of an agent, without a hand-off and without a reopening.
--   Replies: bots and internal notes do not reply, and neither ends the customer's wait nor begins it. Further messages
--   of a customer who waits begin no other wait, and what an agent writes unasked is no reply. A message before the
--   opening counts at the opening. What no agent has answered has no reply, however long ago it was asked.
--   Names are those of today, also of chats from before a renaming: marts.names. Entry is the first of its channels.
--   Hours: a moment is in hours from the start of a span of marts.calendar to before its end. A chat counts by the
--   calendar of the department and channel that it has now.
--   Chats whose deletion is confirmed are left out; chats missing in a sweep but not confirmed deleted are in.
-- Fórmula: espera = attended_at - queued_at se eventos informam a fila (queue_basis event), senão
--   attended_at - created_at (queue_basis opening); taken = attended_at - created_at; primeira resposta = de created_at à
--   primeira mensagem de um agente se as mensagens do atendimento foram coletadas, senão a attended_at; atendimento =
--   closed_at - attended_at; resolução = closed_at - created_at. Segundos comerciais são os do intervalo dentro dos
--   períodos de marts.calendar. Resposta = da primeira das mensagens do cliente que nenhum agente respondeu ainda até a
--   próxima mensagem de um agente; as próximas respostas são as posteriores à primeira, e o tempo total é a soma de todas.
-- Casos especiais:
--   Quais mensagens são de um agente, message_speakers diz: nem as de robô com nome de agente nem notas internas.
--   NULL antes do evento, e onde o evento é anterior à abertura (um horário quebrado).
--   Mensagens lidas antes da última mudança do atendimento e sem resposta não contam: a resposta pode ser mais nova.
--   Em aberto: em auto, wait_for_chat, in_chat, queue, in_queue, ou em situação desconhecida e sem encerramento. O que
--   foi reaberto não tem encerramento. O que foi encerrado sem horário sai do backlog em sua última mudança.
--   A API da Huggy não diz quando o atendimento entrou na fila: sem eventos a espera começa na abertura e inclui a parte
--   do robô. taken_seconds é essa espera para todos, para que uma série mantenha o sentido de antes do webhook.
--   queued_at é onde marts.chat_timeline tem a primeira fila, se logo antes há um trecho do robô ou a abertura: se o que
--   veio antes não foi avisado, a espera pode ter sido maior. Uma fila depois de um agente assumir é outra. Se eventos se
--   perderam nesse meio, a espera é menor do que foi: veja meta.coverage.
--   Abandonado: encerrado sem agente depois de sair do robô: tem departamento, ou eventos informam a fila. Se eventos
--   informam o robô por último e nunca a fila, é do robô. Sem agente: nenhum responsável, nenhum em agents, nenhum em
--   eventos. O que saiu do robô sem departamento nem eventos conta aqui como do robô: ninguém informou. A espera de que
--   se desistiu é closed_at - queued_at se eventos informam a fila, senão closed_at - created_at: com a parte do robô.
--   Agentes são os da lista do atendimento, os responsáveis agora ou em uma versão de history.chats, e os que eventos
--   informam. Cada agente a mais é um repasse; eventos ou versões informam mais se um atendimento voltou a um agente. Um
--   encerramento que eventos informam e que não é o último é uma reabertura, como também uma versão aberta depois de uma
--   encerrada. De eventos e versões conta o que informa mais, nunca a soma. Mensagens contam se lidas após a última mudança do atendimento: notas internas e eventos não são.
--   One touch: encerrado por um agente com uma só mensagem de agente, sem repasse nem reabertura.
--   Respostas: robôs e notas internas não respondem, nem terminam ou iniciam a espera do cliente. Outras mensagens de um
--   cliente que já espera não iniciam outra espera, e o que um agente escreve sem pergunta não é resposta. Uma mensagem
--   anterior à abertura conta na abertura. O que nenhum agente respondeu não tem resposta, há quanto tempo for.
--   Nomes são os de hoje, também em atendimentos anteriores a uma mudança: marts.names. Entry é o primeiro dos canais.
--   Expediente: um momento está nele do início de um período de marts.calendar até antes do seu fim. Um atendimento conta
--   pelo calendário do departamento e do canal que tem agora.
--   Atendimentos com exclusão confirmada ficam de fora; os ausentes de uma leitura, mas não confirmados, ficam.
-- Refresh: touched chats: those that changed, and those that now have another chat of their contact before them.
--
-- Columns:
--   company_id BIGINT: Huggy's id of the account. Other ids are unique only within it: join on company_id and the id.
--     | Id da conta na Huggy. Outros ids só são únicos dentro dela: junte por company_id e o id.
--   chat_id BIGINT: The chat: chats.id. | O atendimento: chats.id.
--   contact_id BIGINT: The customer: contacts.id. | O cliente: contacts.id.
--   agent_id BIGINT: The agent in charge: agents.id; NULL where none was.
--     | O agente responsável: agents.id; NULL se não houve.
--   agent VARCHAR: The agent's name now. | O nome atual do agente.
--   department_id BIGINT: The department: departments.id. | O departamento: departments.id.
--   department VARCHAR: The department's name now. | O nome atual do departamento.
--   tabulation_id BIGINT: The closing category: tabulations.id. | A tabulação: tabulations.id.
--   tabulation VARCHAR: The closing category's name now. | O nome atual da tabulação.
--   channel VARCHAR: Channel type, such as widget. | Tipo de canal, como widget.
--   entry_id BIGINT: The connected channel: channels.id. | O canal conectado: channels.id.
--   entry VARCHAR: The connected channel's name now. | O nome atual do canal conectado.
--   situation VARCHAR: As Huggy says it: chats.situation. | Como a Huggy informa: chats.situation.
--   is_open BOOLEAN: Not yet closed. | Ainda não encerrado.
--   handled_by VARCHAR: agent; else, once closed: abandoned if it had left the bot, bot if not; NULL till then.
--     | agent; senão, encerrado: abandoned se já saíra do robô, bot se não; NULL se indefinido.
--   day DATE: Local day of the opening; NULL where it is unreadable. | Dia local da abertura; NULL se ilegível.
--   closed_day DATE: Local day on which it left the backlog; NULL while open.
--     | Dia local em que saiu do backlog; NULL se aberto.
--   created_at TIMESTAMPTZ: The opening. | A abertura.
--   created_at_local TIMESTAMP: The opening on the account's clock. | A abertura no relógio da conta.
--   calendar VARCHAR: Whose hours and targets count: its row in marts.desks.
--     | De quem contam as horas e metas: sua linha em marts.desks.
--   business_seconds_before BIGINT: Business time from 2010-01-01 up to the opening.
--     | Expediente de 2010-01-01 até a abertura.
--   attended_at_local TIMESTAMP: An agent took it, on the account's clock. | Um agente assumiu, no relógio da conta.
--   closed_at_local TIMESTAMP: The closing on the account's clock; NULL while open.
--     | O encerramento no relógio da conta; NULL se aberto.
--   has_events BOOLEAN: Huggy's webhook told of it. | O webhook da Huggy avisou dele.
--   queued_at TIMESTAMPTZ: It came to the queue, by events; NULL where they do not tell.
--     | Chegou à fila, por eventos; NULL se não informam.
--   queued_at_local TIMESTAMP: The same on the account's clock. | O mesmo no relógio da conta.
--   queue_basis VARCHAR: event or opening: what queue_seconds begins at. | event ou opening: onde queue_seconds começa.
--   queue_seconds BIGINT: The queue to an agent. | Da fila até um agente.
--   queue_business_seconds BIGINT: Of them in business hours. | Parte disso em horário comercial.
--   taken_seconds BIGINT: Opening to an agent. | Da abertura até um agente.
--   taken_business_seconds BIGINT: Of them in business hours. | Parte disso em horário comercial.
--   first_response_at_local TIMESTAMP: The first answer of an agent, on the account's clock: see first_response_basis.
--     | A primeira resposta de um agente, no relógio da conta: veja first_response_basis.
--   first_response_seconds BIGINT: Opening to the first answer of an agent.
--     | Da abertura à primeira resposta de um agente.
--   first_response_business_seconds BIGINT: Of them in business hours. | Parte disso em horário comercial.
--   first_response_basis VARCHAR: message or attended: what the answer was read from.
--     | message ou attended: de onde veio a resposta.
--   has_messages BOOLEAN: Messages tell of the first response: there is one, or they were read after the last change.
--     | As mensagens informam a primeira resposta: há uma, ou foram lidas após a última mudança.
--   handling_seconds BIGINT: An agent to the closing. | De um agente ao encerramento.
--   handling_business_seconds BIGINT: Of them in business hours. | Parte disso em horário comercial.
--   resolution_seconds BIGINT: Opening to the closing. | Da abertura ao encerramento.
--   resolution_business_seconds BIGINT: Of them in business hours. | Parte disso em horário comercial.
--   abandoned_seconds BIGINT: Of an abandoned chat, the queue to the closing; from the opening if no queue is told.
--     | Do abandonado, da fila ao encerramento; da abertura se a fila não foi informada.
--   abandoned_business_seconds BIGINT: Of them in business hours. | Parte disso em horário comercial.
--   opened_in_hours BOOLEAN: Opened in business hours. | Aberto em horário comercial.
--   taken_in_hours BOOLEAN: An agent took it in business hours. | Um agente assumiu em horário comercial.
--   agents BIGINT: Distinct agents who took part. | Agentes distintos que participaram.
--   handoffs BIGINT: At least so often it went from one agent to another.
--     | Passou de um agente a outro pelo menos este número de vezes.
--   reopens BIGINT: Opened again after a closing, as far as events or versions tell; NULL if there is one version alone.
--     | Reaberturas após um encerramento, até onde eventos ou versões informam; NULL se só há uma versão.
--   reopens_basis VARCHAR: event or history: which of them tells more, and so is counted.
--     | event ou history: o que informa mais, e por isso é contado.
--   messages BIGINT: Messages of customer, agents and bots; NULL unless read after the last change.
--     | Mensagens de cliente, agentes e robôs; NULL se não lidas após a última mudança.
--   contact_messages BIGINT: Messages of the customer; NULL unless read after the last change.
--     | Mensagens do cliente; NULL se não lidas após a última mudança.
--   agent_messages BIGINT: Messages of agents that the customer sees; NULL as there.
--     | Mensagens de agentes que o cliente vê; NULL como ali.
--   bot_messages BIGINT: Messages of bots that the customer sees; NULL as there.
--     | Mensagens de robôs que o cliente vê; NULL como ali.
--   replies BIGINT: Times that an agent replied to the customer, with the first; NULL as messages.
--     | Vezes em que um agente respondeu ao cliente, com a primeira; NULL como messages.
--   reply_seconds_total BIGINT: Total reply time: all that the customer waited for them; NULL without a reply.
--     | Tempo total de resposta: tudo o que o cliente esperou por elas; NULL sem resposta.
--   reply_business_seconds_total BIGINT: Of them in business hours. | Parte disso em horário comercial.
--   next_replies BIGINT: Of the replies, those after the first response; NULL as messages.
--     | Das respostas, as posteriores à primeira; NULL como messages.
--   next_reply_seconds_total BIGINT: All that the customer waited for these; NULL without one.
--     | Tudo o que o cliente esperou por estas; NULL sem nenhuma.
--   next_reply_business_seconds_total BIGINT: Of them in business hours. | Parte disso em horário comercial.
--   next_reply_median_seconds DOUBLE: Half of them took no longer. | Metade delas levou no máximo isto.
--   next_reply_median_business_seconds DOUBLE: The same in business hours. | O mesmo em horário comercial.
--   next_reply_max_seconds BIGINT: The longest of them. | A mais longa delas.
--   next_reply_max_business_seconds BIGINT: The longest in business hours. | A mais longa em horário comercial.
--   is_one_touch BOOLEAN: Closed by an agent with one message; NULL while open, without an agent or messages.
--     | Encerrado por um agente com uma só mensagem; NULL se aberto, sem agente ou sem mensagens.
--   previous_chat_at TIMESTAMPTZ: Opening of the contact's chat before this one.
--     | Abertura do atendimento anterior do contato.
--   previous_closed_at TIMESTAMPTZ: The last closing of the contact's chats before; NULL without, or if one was open.
--     | Último encerramento dos atendimentos anteriores do contato; NULL se não há, ou se um estava aberto.
--   is_parallel BOOLEAN: Another chat of the contact, opened before, was open at its opening.
--     | Outro atendimento do contato, iniciado antes, estava aberto em sua abertura.
--   deleted_grade VARCHAR: missing_once or missing_twice: sweeps lack it, its deletion is not confirmed; NULL while it is there.
--     | missing_once ou missing_twice: falta em leituras, sem exclusão confirmada; NULL enquanto existe.
--   source UBIGINT: Fingerprint of the chat that the row was made of. | Impressão digital do atendimento de origem.
--   events_source UBIGINT: Fingerprint of the chat's events; NULL without. | Impressão digital dos eventos; NULL se não há.
--
-- Example: answered on Friday evening, closed on the Tuesday after a holiday; one with the bot only; one in the queue;
--   one over the last beginning of summer time, 2018-11-04, when 00:00 was 01:00: two hours on the clock are one. Of
--   chats 5 and 6 the webhook told that they came to the queue: from the bot; and from where is not told. Customers gave
--   up chat 7, which has a department, and chat 8 after 4 minutes in the queue. The bot had chat 9 to its end. Chat 10 is of
--   department 77, whose desk works from 22:00 to 06:00.
--   chats
--   | id | situation     | contact_id | agent_id | created_at       | attended_at      | closed_at        | department_id |
--   | 1  | finishing     | 5          | 7        | 2026-10-30 17:50 | 2026-10-30 18:30 | 2026-11-03 08:20 |               |
--   | 2  | finishing     | 6          |          | 2026-10-30 10:00 |                  | 2026-10-30 10:04 |               |
--   | 3  | wait_for_chat | 5          |          | 2026-11-03 11:00 |                  |                  |               |
--   | 4  | finishing     |            | 7        | 2018-11-03 23:30 | 2018-11-03 23:40 | 2018-11-04 01:30 |               |
--   | 5  | in_chat       |            | 7        | 2026-11-03 11:00 | 2026-11-03 11:10 |                  |               |
--   | 6  | in_chat       |            | 7        | 2026-11-03 11:00 | 2026-11-03 11:10 |                  |               |
--   | 7  | finishing     |            |          | 2026-11-03 17:50 |                  | 2026-11-03 18:20 | 31            |
--   | 8  | finishing     |            |          | 2026-11-03 11:00 |                  | 2026-11-03 11:10 |               |
--   | 9  | finishing     |            |          | 2026-11-03 11:00 |                  | 2026-11-03 11:10 | 31            |
--   | 10 | finishing     |            | 7        | 2026-11-03 23:50 | 2026-11-04 00:20 | 2026-11-04 06:10 | 77            |
--   events
--   | event_id | event                 | chat_id | situation     | occurred_at      |
--   | a        | startedChat           | 5       | auto          | 2026-11-03 11:00 |
--   | b        | updatedChatDepartment | 5       | wait_for_chat | 2026-11-03 11:06 |
--   | c        | receivedMessage       | 6       | wait_for_chat | 2026-11-03 11:06 |
--   | d        | startedChat           | 8       | auto          | 2026-11-03 11:00 |
--   | e        | updatedChatDepartment | 8       | wait_for_chat | 2026-11-03 11:06 |
--   | f        | startedChat           | 9       | auto          | 2026-11-03 11:00 |
--   gives
--   | chat_id | day        | closed_day | handled_by | queue_seconds | queue_business_seconds | resolution_seconds | resolution_business_seconds | handling_seconds | queue_basis | abandoned_seconds | abandoned_business_seconds | opened_in_hours | taken_in_hours | agents | handoffs | reopens | calendar      |
--   | 1       | 2026-10-30 | 2026-11-03 | agent      | 2400          | 600                    | 311400             | 1800                        | 309000           | opening     |                   |                            | true            | false          | 1      | 0        |         | all           |
--   | 2       | 2026-10-30 | 2026-10-30 | bot        |               |                        | 240                | 240                         |                  |             |                   |                            | true            |                | 0      | 0        |         | all           |
--   | 3       | 2026-11-03 |            |            |               |                        |                    |                             |                  |             |                   |                            | true            |                | 0      | 0        |         | all           |
--   | 4       | 2018-11-03 | 2018-11-04 | agent      | 600           | 0                      | 3600               | 0                           | 3000             | opening     |                   |                            | false           | false          | 1      | 0        |         | all           |
--   | 5       | 2026-11-03 |            | agent      | 240           | 240                    |                    |                             |                  | event       |                   |                            | true            | true           | 1      | 0        | 0       | all           |
--   | 6       | 2026-11-03 |            | agent      | 600           | 600                    |                    |                             |                  | opening     |                   |                            | true            | true           | 1      | 0        | 0       | all           |
--   | 7       | 2026-11-03 | 2026-11-03 | abandoned  |               |                        | 1800               | 600                         |                  |             | 1800              | 600                        | true            |                | 0      | 0        |         | all           |
--   | 8       | 2026-11-03 | 2026-11-03 | abandoned  |               |                        | 600                | 600                         |                  |             | 240               | 240                        | true            |                | 0      | 0        | 0       | all           |
--   | 9       | 2026-11-03 | 2026-11-03 | bot        |               |                        | 600                | 600                         |                  |             |                   |                            | true            |                | 0      | 0        | 0       | all           |
--   | 10      | 2026-11-03 | 2026-11-04 | agent      | 1800          | 1800                   | 22800              | 22200                       | 21000            | opening     |                   |                            | true            | true           | 1      | 0        |         | department 77 |
WITH stretches AS (
    SELECT
        *,
        lag(kind) OVER in_chat AS kind_before,
        lag(from_at) OVER in_chat AS before_at
    FROM marts.chat_transitions AS e
    SEMI JOIN affected_chats AS s ON s.company_id = e.company_id AND s.id = e.chat_id
    WHERE kind NOT IN ('department', 'workflow_step')
    WINDOW in_chat AS (PARTITION BY company_id, chat_id ORDER BY position)
),
told AS (
    SELECT
        company_id,
        chat_id,
        min(from_at) FILTER (kind = 'queue') AS first_queue_at,
        arg_min(
            coalesce(kind_before = 'bot' OR (kind_before = 'opened' AND before_at = from_at), false), position
        ) FILTER (kind = 'queue') AS is_queue_told,
        bool_or(kind = 'queue') AS had_queue,
        bool_or(kind = 'agent') AS had_agent,
        arg_max(kind, position) FILTER (kind <> 'closed') = 'bot' AS is_bot_last,
        count(*) FILTER (kind = 'closed' AND to_at IS NOT NULL) AS reopens
    FROM stretches GROUP BY ALL
),
turns AS (
    SELECT
        company_id,
        chat_id,
        agent_id,
        lag(agent_id) OVER (PARTITION BY company_id, chat_id ORDER BY position) AS agent_before
    FROM stretches WHERE kind = 'agent' AND agent_id IS NOT NULL
),
passed AS (
    SELECT
        company_id,
        chat_id,
        list(DISTINCT agent_id) AS told_agents,
        count(*) FILTER (agent_id <> agent_before) AS told_handoffs
    FROM turns GROUP BY ALL
),
versions AS (
    SELECT
        company_id,
        id AS chat_id,
        agent_id,
        is_open AND NOT lag(is_open) OVER in_chat AS is_reopening,
        lag(agent_id IGNORE NULLS) OVER in_chat AS agent_before
    FROM affected_versions
    WHERE versions > 1
    WINDOW in_chat AS (PARTITION BY company_id, id ORDER BY number)
),
read AS (
    SELECT
        company_id,
        chat_id,
        count(*) FILTER (is_reopening) AS read_reopens,
        count(*) FILTER (agent_id <> agent_before) AS read_handoffs,
        list(DISTINCT agent_id) FILTER (agent_id IS NOT NULL) AS read_agents
    FROM versions GROUP BY ALL
),
prints AS (
    SELECT company_id, chat_id, bit_xor(fingerprint) AS events_source FROM affected_events GROUP BY ALL
),
spoken AS (
    SELECT
        m.company_id,
        m.chat_id,
        m.message_id,
        t.clock,
        m.speaker = 'contact' AS asks,
        greatest(m.sent_at, s.created_at) AS said_at
    FROM affected_messages AS m
    JOIN affected_chats AS s ON s.company_id = m.company_id AND s.id = m.chat_id
    LEFT JOIN desk_clocks AS t
        ON t.company_id = s.company_id AND t.number = desk_number(s.company_id, s.department_id, s.channel)
    WHERE s.messages IS NOT NULL AND m.sent_at IS NOT NULL AND (m.speaker = 'contact' OR m.is_response)
),
taking_turns AS (
    SELECT *, lag(asks) OVER (PARTITION BY company_id, chat_id ORDER BY said_at, message_id) AS asked_before
    FROM spoken QUALIFY asks IS DISTINCT FROM asked_before
),
waits AS (
    SELECT
        *,
        asked_before IS NOT NULL AS is_next,
        lead(said_at) OVER (PARTITION BY company_id, chat_id ORDER BY said_at, message_id) AS replied_at
    FROM taking_turns QUALIFY asks AND replied_at IS NOT NULL
),
waited AS (
    SELECT
        w.company_id,
        w.chat_id,
        is_next,
        (epoch(replied_at) - epoch(said_at))::BIGINT AS seconds,
        (business_seconds(replied_at, r) - business_seconds(said_at, q))::BIGINT AS business_seconds
    FROM waits AS w
    LEFT JOIN business_hours AS q ON q.clock = w.clock AND q.utc_day = epoch_us(w.said_at) // 86400000000
    LEFT JOIN business_hours AS r ON r.clock = w.clock AND r.utc_day = epoch_us(w.replied_at) // 86400000000
),
replied AS (
    SELECT
        company_id,
        chat_id,
        count(*) AS replies,
        sum(seconds)::BIGINT AS reply_seconds_total,
        sum(business_seconds)::BIGINT AS reply_business_seconds_total,
        count(*) FILTER (is_next) AS next_replies,
        sum(seconds) FILTER (is_next)::BIGINT AS next_reply_seconds_total,
        sum(business_seconds) FILTER (is_next)::BIGINT AS next_reply_business_seconds_total,
        quantile_cont(seconds, 0.5) FILTER (is_next)::DOUBLE AS next_reply_median_seconds,
        quantile_cont(business_seconds, 0.5) FILTER (is_next)::DOUBLE AS next_reply_median_business_seconds,
        max(seconds) FILTER (is_next) AS next_reply_max_seconds,
        max(business_seconds) FILTER (is_next) AS next_reply_max_business_seconds
    FROM waited GROUP BY ALL
),
timed AS (
    SELECT
        s.*,
        t.zone,
        t.clock,
        t.calendar,
        channels[1].id AS entry_id,
        created_at_local::DATE AS day,
        CASE WHEN created_at IS NULL OR attended_at >= created_at THEN attended_at END AS attended,
        CASE WHEN answered_at >= created_at THEN answered_at END AS answered,
        CASE WHEN NOT is_open AND (created_at IS NULL OR closed_at >= created_at) THEN closed_at END AS closed,
        e.chat_id IS NOT NULL AS has_events,
        p.events_source,
        greatest(e.reopens, v.read_reopens) AS reopens,
        CASE
            WHEN e.reopens >= coalesce(v.read_reopens, 0) THEN 'event'
            WHEN v.read_reopens IS NOT NULL THEN 'history'
        END AS reopens_basis,
        len(list_distinct(list_concat(
            coalesce([each.id FOR each IN s.agents], []),
            [s.agent_id],
            coalesce(h.told_agents, []),
            coalesce(v.read_agents, [])
        ))) AS agent_count,
        greatest(agent_count - 1, coalesce(h.told_handoffs, 0), coalesce(v.read_handoffs, 0), 0) AS handoffs,
        CASE WHEN is_queue_told AND (attended IS NULL OR first_queue_at <= attended) THEN first_queue_at END AS queued,
        CASE
            WHEN attended_at IS NOT NULL OR agent_id IS NOT NULL THEN 'agent'
            WHEN is_open THEN NULL
            WHEN len(agents) > 0 OR had_agent THEN 'agent'
            WHEN had_queue OR (department_id IS NOT NULL AND is_bot_last IS DISTINCT FROM true) THEN 'abandoned'
            ELSE 'bot'
        END AS handled_by
    FROM affected_chats AS s
    LEFT JOIN desk_clocks AS t
        ON t.company_id = s.company_id AND t.number = desk_number(s.company_id, s.department_id, s.channel)
    LEFT JOIN told AS e ON e.company_id = s.company_id AND e.chat_id = s.id
    LEFT JOIN passed AS h ON h.company_id = s.company_id AND h.chat_id = s.id
    LEFT JOIN read AS v ON v.company_id = s.company_id AND v.chat_id = s.id
    LEFT JOIN prints AS p ON p.company_id = s.company_id AND p.chat_id = s.id
),
measured AS (
    SELECT
        e.*,
        epoch(created_at) AS created_s,
        epoch(queued) AS queued_s,
        epoch(attended) AS attended_s,
        epoch(answered) AS answered_s,
        epoch(closed) AS closed_s,
        is_in_hours(created_at, c) AS opened_in_hours,
        is_in_hours(attended, a) AS taken_in_hours,
        business_seconds(created_at, c) AS created_b,
        business_seconds(queued, q) AS queued_b,
        business_seconds(attended, a) AS attended_b,
        business_seconds(answered, r) AS answered_b,
        business_seconds(closed, z) AS closed_b
    FROM timed AS e
    LEFT JOIN business_hours AS c ON c.clock = e.clock AND c.utc_day = epoch_us(e.created_at) // 86400000000
    LEFT JOIN business_hours AS q ON q.clock = e.clock AND q.utc_day = epoch_us(e.queued) // 86400000000
    LEFT JOIN business_hours AS a ON a.clock = e.clock AND a.utc_day = epoch_us(e.attended) // 86400000000
    LEFT JOIN business_hours AS r ON r.clock = e.clock AND r.utc_day = epoch_us(e.answered) // 86400000000
    LEFT JOIN business_hours AS z ON z.clock = e.clock AND z.utc_day = epoch_us(e.closed) // 86400000000
)
SELECT
    m.company_id,
    m.id AS chat_id,
    contact_id,
    agent_id,
    a.name AS agent,
    department_id,
    d.name AS department,
    tabulation_id,
    b.name AS tabulation,
    channel,
    entry_id,
    e.name AS entry,
    situation,
    is_open,
    handled_by,
    day,
    CASE WHEN NOT is_open THEN greatest(day, coalesce(closed_at_local, updated_at_local, created_at_local)::DATE) END
        AS closed_day,
    created_at,
    created_at_local,
    calendar,
    created_b::BIGINT AS business_seconds_before,
    CASE WHEN attended IS NOT NULL THEN attended_at_local END AS attended_at_local,
    CASE WHEN closed IS NOT NULL THEN closed_at_local END AS closed_at_local,
    has_events,
    queued AS queued_at,
    queued AT TIME ZONE zone AS queued_at_local,
    CASE WHEN queued <= attended THEN 'event' WHEN attended >= created_at THEN 'opening' END AS queue_basis,
    (attended_s - coalesce(queued_s, created_s))::BIGINT AS queue_seconds,
    CASE WHEN queued IS NULL THEN attended_b - created_b ELSE attended_b - queued_b END::BIGINT AS queue_business_seconds,
    (attended_s - created_s)::BIGINT AS taken_seconds,
    (attended_b - created_b)::BIGINT AS taken_business_seconds,
    CASE WHEN answered IS NOT NULL THEN answered_at_local WHEN NOT has_messages AND attended >= created_at THEN attended_at_local END
        AS first_response_at_local,
    (CASE WHEN has_messages THEN answered_s ELSE attended_s END - created_s)::BIGINT AS first_response_seconds,
    (CASE WHEN has_messages THEN answered_b ELSE attended_b END - created_b)::BIGINT AS first_response_business_seconds,
    CASE
        WHEN answered IS NOT NULL THEN 'message'
        WHEN attended IS NOT NULL AND NOT has_messages THEN 'attended'
    END AS first_response_basis,
    has_messages,
    CASE WHEN closed >= attended THEN (closed_s - attended_s)::BIGINT END AS handling_seconds,
    CASE WHEN closed >= attended THEN (closed_b - attended_b)::BIGINT END AS handling_business_seconds,
    (closed_s - created_s)::BIGINT AS resolution_seconds,
    (closed_b - created_b)::BIGINT AS resolution_business_seconds,
    CASE WHEN handled_by = 'abandoned' THEN (closed_s - coalesce(queued_s, created_s))::BIGINT END AS abandoned_seconds,
    CASE
        WHEN handled_by <> 'abandoned' THEN NULL
        WHEN queued IS NULL THEN closed_b - created_b
        ELSE closed_b - queued_b
    END::BIGINT AS abandoned_business_seconds,
    opened_in_hours,
    taken_in_hours,
    agent_count::BIGINT AS agents,
    handoffs::BIGINT AS handoffs,
    reopens,
    reopens_basis,
    messages,
    contact_messages,
    agent_messages,
    bot_messages,
    CASE WHEN messages IS NOT NULL THEN coalesce(replies, 0) END AS replies,
    reply_seconds_total,
    reply_business_seconds_total,
    CASE WHEN messages IS NOT NULL THEN coalesce(next_replies, 0) END AS next_replies,
    next_reply_seconds_total,
    next_reply_business_seconds_total,
    next_reply_median_seconds,
    next_reply_median_business_seconds,
    next_reply_max_seconds,
    next_reply_max_business_seconds,
    CASE
        WHEN NOT is_open AND handled_by = 'agent' AND agent_messages IS NOT NULL
            THEN agent_messages = 1 AND handoffs = 0 AND coalesce(reopens, 0) = 0
    END AS is_one_touch,
    CASE WHEN contact_id IS NOT NULL AND created_at IS NOT NULL THEN previous_opening END AS previous_chat_at,
    CASE WHEN contact_id IS NOT NULL AND previous_end <= created_at THEN previous_end END AS previous_closed_at,
    CASE WHEN contact_id IS NOT NULL AND created_at IS NOT NULL THEN coalesce(previous_end > created_at, false) END
        AS is_parallel,
    deleted_grade,
    source,
    events_source
FROM measured AS m
LEFT JOIN replied AS r ON r.company_id = m.company_id AND r.chat_id = m.id
LEFT JOIN marts.names AS a ON a.company_id = m.company_id AND a.kind = 'agent' AND a.id = m.agent_id
LEFT JOIN marts.names AS d ON d.company_id = m.company_id AND d.kind = 'department' AND d.id = m.department_id
LEFT JOIN marts.names AS b ON b.company_id = m.company_id AND b.kind = 'tabulation' AND b.id = m.tabulation_id
LEFT JOIN marts.names AS e ON e.company_id = m.company_id AND e.kind = 'channel' AND e.id = m.entry_id
-- Clustered by day: marts by day read, and small publishes write, few row groups.
ORDER BY m.company_id, created_at, m.id
