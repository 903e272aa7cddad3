"""Closes a chat: PUT /chats/{id}/close."""

from huggy_connector.catalogue.actions.types import Action, ActionField, Effect, FieldKind, Target
from huggy_connector.catalogue.types import Text

CLOSE_CHAT = Action(
    name="close_chat",
    target=Target.CHAT,
    effect=Effect.STATE,
    comment=Text(
        "Closes a chat, with a tabulation if one is given.", "Encerra um atendimento, com uma tabulação se for dada."
    ),
    risk=Text(
        "It ends a conversation under way, and send_feedback writes to the customer.",
        "Encerra uma conversa em andamento, e send_feedback escreve ao cliente.",
    ),
    fields=(
        ActionField("tabulation_id", FieldKind.ID, Text("Id of the tabulation.", "Id da tabulação.")),
        ActionField(
            "comment",
            FieldKind.TEXT,
            Text("A comment on the closing, for agents.", "Um comentário sobre o encerramento, para os agentes."),
            personal="text",
        ),
        ActionField(
            "send_feedback",
            FieldKind.BOOLEAN,
            Text(
                "Whether the customer is asked for a rating: then it reaches them.",
                "Se o cliente recebe o pedido de avaliação: então chega até ele.",
            ),
        ),
    ),
    reached_by="send_feedback",
)
