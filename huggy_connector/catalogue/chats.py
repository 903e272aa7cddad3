"""Chats (*atendimentos*): one row a conversation. Huggy: developers.huggy.io, API v3, `GET /chats`."""

from huggy_connector.catalogue.types import (
    Column,
    Field,
    ListOf,
    ListOrder,
    RecordState,
    Resource,
    Scalar,
    Struct,
    Text,
    only_v2,
    only_v3,
)

CHATS = Resource(
    name="chats",
    path="chats",
    comment=Text(
        "One row a conversation with a customer, as it was when last fetched.",
        "Uma linha por atendimento, como estava na última leitura.",
    ),
    order=ListOrder.NEWEST_FIRST,
    created="created_at",
    version="updated_at",
    life=RecordState(
        situation="situation",
        closed_at="closed_at",
        open=("auto", "wait_for_chat", "in_chat", "queue", "in_queue"),
        closed=("finishing", "filed", "blocked"),
        asked=("auto", "wait_for_chat", "in_chat"),
    ),
    history=True,
    columns=(
        Column("id", Scalar.BIGINT, ("id",), Text("Huggy's id of the chat.", "Id do atendimento na Huggy.")),
        Column(
            "situation",
            Scalar.VARCHAR,
            ("situation",),
            Text(
                "Where it is: auto (bot), wait_for_chat (queue), in_chat (agent), finishing (closed); an open set. "
                "NULL over API v2, which does not tell it: there closed_at says whether the chat is open.",
                "Onde está: auto (robô), wait_for_chat (fila), in_chat (agente), finishing (fim); conjunto aberto. "
                "NULL pela API v2, que não a informa: lá closed_at diz se o atendimento está aberto.",
            ),
        ),
        Column(
            "channel",
            Scalar.VARCHAR,
            ("channel",),
            Text(
                "Channel type, such as whatsapp-enterprise, widget, email; an open set.",
                "Tipo de canal, como whatsapp-enterprise, widget, email; conjunto aberto.",
            ),
        ),
        Column(
            "contact_id",
            Scalar.BIGINT,
            ("contactId", "chatCustomer.id"),
            Text("The customer: contacts.id.", "O cliente: contacts.id."),
            references="contacts",
        ),
        Column(
            "agent_id",
            Scalar.BIGINT,
            ("agentId",),
            Text(
                "The agent in charge: agents.id; NULL with the bot or in the queue.",
                "O agente responsável: agents.id; NULL com o robô ou na fila.",
            ),
            references="agents",
        ),
        Column(
            "second_agent_id",
            Scalar.BIGINT,
            ("secondAgentId",),
            Text("A second agent; Huggy does not document it.", "Um segundo agente; a Huggy não documenta."),
        ),
        Column(
            "site_customer_id",
            Scalar.VARCHAR,
            ("siteCustomerId",),
            only_v2(
                "The visitor of a site; Huggy does not document it.", "O visitante de um site; a Huggy não documenta."
            ),
            tracked=False,
        ),
        Column(
            "messenger_id",
            Scalar.VARCHAR,
            ("messengerId",),
            only_v2(
                "The customer at Messenger; Huggy does not document it.",
                "O cliente no Messenger; a Huggy não documenta.",
            ),
            tracked=False,
        ),
        Column(
            "department_id",
            Scalar.BIGINT,
            ("departmentId",),
            Text("The department: departments.id.", "O departamento: departments.id."),
            references="departments",
        ),
        Column(
            "tabulation_id",
            Scalar.BIGINT,
            ("tabulationId", "chatTabulation.id"),
            Text("Closing category.", "Tabulação."),
            references="tabulations",
        ),
        Column(
            "tabulation_name",
            Scalar.VARCHAR,
            ("chatTabulation.name",),
            only_v3("Name of the closing category.", "Nome da tabulação."),
        ),
        Column("workflow_id", Scalar.BIGINT, ("workflowID", "workflowId"), only_v3("Workflow.", "Workflow.")),
        Column(
            "workflow_step_id",
            Scalar.BIGINT,
            ("workflowStepID", "workflowStepId"),
            only_v3("Step of the workflow.", "Etapa do workflow."),
        ),
        Column(
            "queue_number",
            Scalar.INTEGER,
            ("queueNumber",),
            Text("Place in the queue when fetched.", "Posição na fila no momento da leitura."),
            tracked=False,
        ),
        Column(
            "unread",
            Scalar.INTEGER,
            ("unread",),
            only_v3("Unread messages when fetched.", "Mensagens não lidas no momento da leitura."),
            tracked=False,
        ),
        Column(
            "enabled_session",
            Scalar.BOOLEAN,
            ("enabledSession",),
            only_v3("WhatsApp's 24-hour window is open.", "A janela de 24 horas do WhatsApp está aberta."),
            tracked=False,
        ),
        Column("created_at", Scalar.INSTANT, ("createdAt",), Text("The chat was opened.", "Abertura do atendimento.")),
        Column(
            "attended_at",
            Scalar.INSTANT,
            ("attendedAt",),
            Text(
                "An agent took it; NULL while (or if only) the bot had it.",
                "Um agente assumiu; NULL se ainda (ou somente) com o robô.",
            ),
        ),
        Column(
            "closed_at", Scalar.INSTANT, ("closedAt",), Text("Closed; NULL while open.", "Encerrado; NULL se aberto.")
        ),
        Column(
            "updated_at",
            Scalar.INSTANT,
            ("updatedAt",),
            Text("Huggy's last change of the chat.", "Última alteração na Huggy."),
            tracked=False,  # it moves with every message
        ),
        Column(
            "last_message_at",
            Scalar.INSTANT,
            ("lastMessage.sendAt", "lastMessage.send_at"),
            only_v3("When the last message was sent.", "Envio da última mensagem."),
            tracked=False,
        ),
        Column(
            "last_message",
            Scalar.JSON,
            ("lastMessage",),
            only_v3("The last message, as the API gives it.", "A última mensagem, como a API a entrega."),
            tracked=False,
            personal="text",
        ),
        Column(
            "department",
            Scalar.JSON,
            ("chatDepartment",),
            only_v3(
                "The department as embedded in the chat: absent, a number or an object.",
                "O departamento embutido no atendimento: ausente, número ou objeto.",
            ),
            tracked=False,
        ),
        Column(
            "customer",
            Scalar.JSON,
            ("chatCustomer",),
            only_v3(
                "The contact as embedded in the chat; the table contacts is the better source.",
                "O contato embutido no atendimento; prefira a tabela contacts.",
            ),
            tracked=False,
            personal="name",
        ),
        Column(
            "channels",
            ListOf(
                Struct(
                    (
                        Field("uuid", Scalar.VARCHAR, "uuid"),
                        Field("id", Scalar.BIGINT, "id"),
                        Field("name", Scalar.VARCHAR, "name"),
                        Field("type", Scalar.VARCHAR, "type"),
                    )
                )
            ),
            ("channels",),
            Text("The connected channels the chat ran over.", "Os canais conectados por onde passou."),
        ),
        Column(
            "agents",
            ListOf(
                Struct(
                    (
                        Field("id", Scalar.BIGINT, "id"),
                        Field("name", Scalar.VARCHAR, "name"),
                        Field("email", Scalar.VARCHAR, "email"),
                    )
                )
            ),
            ("agents",),
            only_v3("Every agent who took part.", "Todos os agentes que participaram."),
        ),
    ),
)
