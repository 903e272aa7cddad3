-- Service level by day: how many chats kept the targets of marts.targets, and how many did not.
-- Nível de serviço por dia: quantos atendimentos cumpriram as metas de marts.targets e quantos não.
--
-- Formula: met if it happened within the target, on the target's clock; missed if it happened later, or had not
--   happened when the target passed; pending while it can still be met; cancelled if the chat was closed before that;
--   outside_hours if all of it lies outside the hours, on the business clock; attainment = met / (met + missed).
-- Edge cases:
--   The past stands: the first closing of a chat settles its verdicts, agent, department and channel (marts.settled_chats).
--   One that is opened again is not judged a second time. The first time that an agent took it counts.
--   Each chat by the hours and the targets of its own desk: marts.chat_times.calendar.
--   Measured as of the last landing (marts.as_of). Pending, cancelled and outside_hours are in neither side of attainment.
--   outside_hours: not one business second from its begin to its end, so that the business clock would call it answered
--   at once. It is closed or answered: what still waits is pending. The calendar file may count it as met instead
--   (outside_hours = "met"). Nothing is outside_hours on the clock calendar.
--   A chat that was closed without an answer is missed if it was open for longer than the target, else cancelled.
--   A chat that the customer gave up (abandoned) had no answer: queue_wait and first_response are missed if it waited for
--   longer than the target, else cancelled. Nobody handled or resolved it: it has no other target.
--   Chats that the bot has, or that it closed alone, have no target; nor has an open chat without an agent over API v2,
--   which does not tell whether the bot has it.
--   The handling target begins when an agent takes the chat; the others at the opening. The queue wait of chats that were
--   taken or given up begins at the queue, if events tell of it.
-- Fórmula: met se ocorreu dentro da meta, no relógio da meta; missed se ocorreu depois, ou não tinha ocorrido quando a
--   meta passou; pending enquanto ainda pode; cancelled se foi encerrado antes; outside_hours se tudo ficou fora do
--   expediente, no relógio comercial; attainment = met / (met + missed).
-- Casos especiais:
--   O passado permanece: o primeiro encerramento define vereditos, agente, departamento e canal (marts.settled_chats). O
--   reaberto não é julgado de novo. Vale a primeira vez em que um agente o assumiu.
--   Cada atendimento pelas horas e metas da própria equipe: marts.chat_times.calendar.
--   Medido na última coleta (marts.as_of). Os pendentes, cancelados e outside_hours não entram no attainment.
--   outside_hours: nem um segundo comercial do começo ao fim, de modo que o relógio comercial o daria por respondido na
--   hora. Está encerrado ou respondido: o que ainda espera é pending. O arquivo de calendário pode contá-lo como met
--   (outside_hours = "met"). No relógio calendar nada é outside_hours.
--   Um atendimento encerrado sem resposta é missed se ficou aberto por mais que a meta, senão cancelled.
--   O abandonado não teve resposta: queue_wait e first_response são missed se esperou mais que a meta, senão cancelled.
--   Ninguém o atendeu nem resolveu: não tem outra meta.
--   Os que estão com o robô, ou que ele encerrou sozinho, não têm meta; nem um aberto sem agente pela API v2, que não
--   informa se está com o robô.
--   A meta de handling começa quando um agente assume; as demais, na abertura. A espera na fila dos assumidos e dos
--   abandonados começa na fila, se eventos a informam.
-- Refresh: view, a count over marts.sla_by_chat.
--
-- Columns:
--   company_id BIGINT
--   day DATE
--   metric VARCHAR: queue_wait, first_response, handling or resolution.
--     | queue_wait, first_response, handling ou resolution.
--   channel VARCHAR
--   department_id BIGINT
--   department VARCHAR: Its name. | Seu nome.
--   agent_id BIGINT
--   agent VARCHAR: The agent's name. | Nome do agente.
--   chats BIGINT: met + missed + pending + cancelled + outside_hours.
--     | met + missed + pending + cancelled + outside_hours.
--   met BIGINT: Kept the target. | Cumpriram a meta.
--   missed BIGINT: Did not. | Não cumpriram.
--   pending BIGINT: Can still keep it. | Ainda podem cumprir.
--   cancelled BIGINT: Were closed before it could be missed. | Foram encerrados antes de poder descumprir.
--   outside_hours BIGINT: Had no business second, on the business clock.
--     | Não tiveram um segundo comercial, no relógio comercial.
--   abandoned BIGINT: Of missed, cancelled and outside_hours, those that the customer gave up before an agent came.
--     | De missed, cancelled e outside_hours, aqueles de que o cliente desistiu antes de um agente.
--   attainment DOUBLE: met / (met + missed); NULL where both are 0. | met / (met + missed); NULL se ambos 0.
--
-- Example: the target is 15 business minutes. Answered in time; late; after hours, in time by the business clock; not
--   answered for an hour; not answered for 5 minutes; with the bot for two hours; closed unanswered after 20 minutes,
--   and after 3; given up by the customer after 30 minutes, and after 5;
--   opened and answered at night. Chat 12 as well, in department 77, whose desk works from 22:00 to 06:00 and has a
--   target of 5 minutes: it was late.
--   chats
--   | id | situation     | agent_id | created_at       | attended_at      | closed_at        | fetched_at       | department_id |
--   | 1  | in_chat       | 7        | 2026-11-09 09:00 | 2026-11-09 09:15 |                  | 2026-11-10 12:00 |               |
--   | 2  | in_chat       | 7        | 2026-11-09 09:00 | 2026-11-09 09:16 |                  | 2026-11-10 12:00 |               |
--   | 3  | in_chat       | 7        | 2026-11-09 17:58 | 2026-11-10 08:05 |                  | 2026-11-10 12:00 |               |
--   | 4  | wait_for_chat |          | 2026-11-10 11:00 |                  |                  | 2026-11-10 12:00 |               |
--   | 5  | wait_for_chat |          | 2026-11-10 11:55 |                  |                  | 2026-11-10 12:00 |               |
--   | 6  | auto          |          | 2026-11-10 10:00 |                  |                  | 2026-11-10 12:00 |               |
--   | 7  | finishing     | 7        | 2026-11-09 10:00 |                  | 2026-11-09 10:20 | 2026-11-10 12:00 |               |
--   | 8  | finishing     | 7        | 2026-11-09 10:00 |                  | 2026-11-09 10:03 | 2026-11-10 12:00 |               |
--   | 9  | finishing     |          | 2026-11-09 10:00 |                  | 2026-11-09 10:30 | 2026-11-10 12:00 | 31            |
--   | 10 | finishing     |          | 2026-11-09 10:00 |                  | 2026-11-09 10:05 | 2026-11-10 12:00 | 31            |
--   | 11 | in_chat       | 7        | 2026-11-09 22:00 | 2026-11-09 23:30 |                  | 2026-11-10 12:00 |               |
--   | 12 | in_chat       | 7        | 2026-11-09 22:00 | 2026-11-09 22:10 |                  | 2026-11-10 12:00 | 77            |
--   agents
--   | id | name |
--   | 7  | Ana  |
--   gives (metric = 'first_response')
--   | day        | metric         | agent | department_id | chats | met | missed | pending | cancelled | outside_hours | abandoned | attainment |
--   | 2026-11-09 | first_response | Ana   |               | 6     | 2   | 2      | 0       | 1         | 1             | 0         | 0.5        |
--   | 2026-11-09 | first_response | Ana   | 77            | 1     | 0   | 1      | 0       | 0         | 0             | 0         | 0.0        |
--   | 2026-11-09 | first_response |       | 31            | 2     | 0   | 1      | 0       | 1         | 0             | 2         | 0.0        |
--   | 2026-11-10 | first_response |       |               | 2     | 0   | 1      | 1       | 0         | 0             | 0         | 0.0        |
WITH counted AS (
    SELECT
        company_id,
        day,
        metric,
        channel,
        department_id,
        agent_id,
        count(*) AS chats,
        count(*) FILTER (verdict = 'met') AS met,
        count(*) FILTER (verdict = 'missed') AS missed,
        count(*) FILTER (verdict = 'pending') AS pending,
        count(*) FILTER (verdict = 'cancelled') AS cancelled,
        count(*) FILTER (verdict = 'outside_hours') AS outside_hours,
        count(*) FILTER (handled_by = 'abandoned') AS abandoned
    FROM marts.sla_by_chat
    GROUP BY ALL
)
SELECT
    c.company_id,
    c.day,
    c.metric,
    c.channel,
    c.department_id,
    d.name AS department,
    c.agent_id,
    a.name AS agent,
    c.chats,
    c.met,
    c.missed,
    c.pending,
    c.cancelled,
    c.outside_hours,
    c.abandoned,
    round((c.met / nullif(c.met + c.missed, 0))::DECIMAL(38, 9), 4)::DOUBLE AS attainment
FROM counted AS c
LEFT JOIN marts.names AS d ON d.company_id = c.company_id AND d.kind = 'department' AND d.id = c.department_id
LEFT JOIN marts.names AS a ON a.company_id = c.company_id AND a.kind = 'agent' AND a.id = c.agent_id
