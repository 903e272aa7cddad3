"""Deletes a chat for good: DELETE /chats/{id}."""

from huggy_connector.catalogue.actions.types import Action, Effect, Target
from huggy_connector.catalogue.types import Text

DELETE_CHAT = Action(
    name="delete_chat",
    target=Target.CHAT,
    effect=Effect.DELETE,
    comment=Text("Deletes a chat with its messages.", "Apaga um atendimento com as mensagens."),
    risk=Text("It is gone for good: the API has no way back.", "Some de vez: a API não tem volta."),
    is_irreversible=True,
)
