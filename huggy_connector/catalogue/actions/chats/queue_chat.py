"""Puts a chat into the queue: PUT /chats/{id}/queue."""

from huggy_connector.catalogue.actions.types import Action, Effect, Target
from huggy_connector.catalogue.types import Text

QUEUE_CHAT = Action(
    name="queue_chat",
    target=Target.CHAT,
    effect=Effect.STATE,
    comment=Text("Puts a chat into the queue.", "Coloca um atendimento na fila."),
    risk=Text(
        "It takes the chat away from its agent or bot, and the customer waits.",
        "Tira o atendimento do agente ou do robô, e o cliente espera.",
    ),
)
