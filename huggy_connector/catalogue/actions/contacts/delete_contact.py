"""Deletes a contact for good: DELETE /contacts/{id}."""

from huggy_connector.catalogue.actions.types import Action, Effect, Target
from huggy_connector.catalogue.types import Text

DELETE_CONTACT = Action(
    name="delete_contact",
    target=Target.CONTACT,
    effect=Effect.DELETE,
    comment=Text("Deletes a contact.", "Apaga um contato."),
    risk=Text("Nobody brings it back, not even Huggy.", "Ninguém traz de volta, nem a Huggy."),
    is_irreversible=True,
)
