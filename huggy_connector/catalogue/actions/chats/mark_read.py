"""Marks a chat as read: PUT /chats/{id}/read."""

from huggy_connector.catalogue.actions.types import Action, Effect, Target
from huggy_connector.catalogue.types import Text

MARK_READ = Action(
    name="mark_read",
    target=Target.CHAT,
    effect=Effect.STATE,
    comment=Text("Marks the messages of a chat as read.", "Marca as mensagens de um atendimento como lidas."),
    risk=Text(
        "An agent may overlook a message that nobody has read.",
        "Um agente pode deixar passar uma mensagem que ninguém leu.",
    ),
)
