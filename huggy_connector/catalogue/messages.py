"""Messages: one row a message of a chat. Huggy: developers.huggy.io, API v3, `GET /chats/{id}/messages`."""

from huggy_connector.catalogue.types import Column, ListOrder, Resource, Scalar, Text, only_v3

MESSAGES = Resource(
    name="messages",
    path="chats/{id}/messages",
    comment=Text(
        "One row a message of a chat; landed only when asked for (`huggy sync --messages`).",
        "Uma linha por mensagem de um atendimento; só com `huggy sync --messages`.",
    ),
    order=ListOrder.NEWEST_FIRST,
    created="sent_at",
    parent="chats",
    default=False,
    told_by_events=True,
    columns=(
        Column("id", Scalar.BIGINT, ("id",), Text("Huggy's id of the message.", "Id da mensagem na Huggy.")),
        Column(
            "chat_id",
            Scalar.BIGINT,
            ("chat.id",),
            Text("The chat: chats.id.", "O atendimento: chats.id."),
            references="chats",
        ),
        Column(
            "contact_id",
            Scalar.BIGINT,
            ("customer.id", "chat.customer.id"),
            Text("The chat's customer: contacts.id.", "O cliente do atendimento: contacts.id."),
        ),
        Column(
            "sender_id",
            Scalar.BIGINT,
            ("sender.id",),
            Text(
                "The sender's id: a contact's, an agent's or a bot's, of numbers that may collide; NULL for an event.",
                "Id do remetente: de contato, agente ou robô, cujos números podem coincidir; NULL em um evento.",
            ),
        ),
        Column(
            "sender_type",
            Scalar.VARCHAR,
            ("senderType", "sender_type"),
            Text(
                "agent, virtual_agent, or the channel's name; it does not tell who spoke: see message_speakers.",
                "agent, virtual_agent ou o nome do canal; não diz quem falou: veja message_speakers.",
            ),
        ),
        Column("receiver_id", Scalar.BIGINT, ("receiver.id",), Text("Who received it.", "Quem recebeu.")),
        Column(
            "receiver_type",
            Scalar.VARCHAR,
            ("receiverType", "receiver_type"),
            Text("Like sender_type.", "Como sender_type."),
        ),
        Column(
            "type",
            Scalar.VARCHAR,
            ("type",),
            only_v3(
                "text, image, audio, video, document, email, sms, internalEvent; an open set.",
                "text, image, audio, video, document, email, sms, internalEvent; conjunto aberto.",
            ),
        ),
        Column("text", Scalar.VARCHAR, ("text", "body"), Text("What it says.", "O texto."), personal="text"),
        Column(
            "file",
            Scalar.JSON,
            ("file", "fileUrl", "files", "file_url"),
            Text("The file that came with it, as the API gives it.", "O arquivo anexo, como a API o entrega."),
            personal="text",
        ),
        Column("channel", Scalar.VARCHAR, ("channel",), Text("Channel type.", "Tipo de canal.")),
        Column(
            "is_internal",
            Scalar.BOOLEAN,
            ("isInternal", "is_internal"),
            Text("A note that the customer does not see.", "Uma nota que o cliente não vê."),
        ),
        Column("is_email", Scalar.BOOLEAN, ("isEmail", "is_email"), Text("Sent as an e-mail.", "Enviada como e-mail.")),
        Column("sent_at", Scalar.INSTANT, ("sendAt", "send_at"), Text("When it was sent.", "Envio.")),
        Column(
            "read_at",
            Scalar.INSTANT,
            ("readAt", "read_at"),
            Text("When it was read; NULL while unread.", "Leitura; NULL enquanto não lida."),
        ),
    ),
)
