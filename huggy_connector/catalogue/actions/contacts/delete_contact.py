"""Deletes a contact for good: DELETE /contacts/{id}."""

from huggy_connector.catalogue.actions.types import Action, Effect, Target
from huggy_connector.catalogue.types import Text

DELETE_CONTACT = Action(
    name="delete_contact",
    target=Target.CONTACT,
    effect=Effect.DELETE,
    comment=Text("Deletes a contact.", "Apaga um contato."),
    risk=Text("It is gone for good: the API has no way back.", "Some de vez: a API não tem volta."),
    is_irreversible=True,
)
