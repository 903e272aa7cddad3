"""Hands a chat to another agent, with a message: POST /chats/{id}/transfer."""

from huggy_connector.catalogue.actions.types import Action, ActionField, Effect, FieldKind, Target
from huggy_connector.catalogue.types import Text

TRANSFER_CHAT = Action(
    name="transfer_chat",
    target=Target.CHAT,
    effect=Effect.MESSAGE,
    comment=Text(
        "Hands a chat to another agent, with a message to them.",
        "Passa um atendimento a outro agente, com uma mensagem.",
    ),
    risk=Text(
        "The message is there twice if it is done twice; an agent who is away leaves the customer waiting.",
        "A mensagem aparece duas vezes se for feita duas vezes; um agente ausente deixa o cliente esperando.",
    ),
    fields=(
        ActionField("agent_id", FieldKind.ID, Text("Id of the agent.", "Id do agente."), required=True),
        ActionField("message", FieldKind.TEXT, Text("The message.", "A mensagem."), personal="text"),
    ),
)
