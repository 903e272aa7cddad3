"""Changes fields of a contact: PUT /contacts/{id}."""

from huggy_connector.catalogue.actions.contacts.contact_fields import CONTACT_FIELDS
from huggy_connector.catalogue.actions.types import Action, Effect, Target
from huggy_connector.catalogue.types import Text

UPDATE_CONTACT = Action(
    name="update_contact",
    target=Target.CONTACT,
    effect=Effect.STATE,
    comment=Text(
        "Changes fields of a contact; those that are not given stay.",
        "Altera campos de um contato; os que não são dados ficam.",
    ),
    risk=Text(
        "It overwrites what agents typed, and the former values are gone.",
        "Sobrescreve o que os agentes digitaram, e os valores antigos se perdem.",
    ),
    fields=CONTACT_FIELDS,
)
