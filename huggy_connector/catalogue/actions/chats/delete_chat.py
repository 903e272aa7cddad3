"""Deletes a chat for good: DELETE /chats/{id}."""

from huggy_connector.catalogue.actions.types import Action, Effect, Target
from huggy_connector.catalogue.types import Text

DELETE_CHAT = Action(
    name="delete_chat",
    target=Target.CHAT,
    effect=Effect.DELETE,
    comment=Text("Deletes a chat with its messages.", "Apaga um chat com as mensagens."),
    risk=Text("Nobody brings it back, not even Huggy.", "Ninguém traz de volta, nem a Huggy."),
    is_irreversible=True,
)
