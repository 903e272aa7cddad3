"""Creates a contact: POST /contacts."""

from huggy_connector.catalogue.actions.contacts.contact_fields import CONTACT_FIELDS
from huggy_connector.catalogue.actions.types import Action, Effect, Target
from huggy_connector.catalogue.types import Text

CREATE_CONTACT = Action(
    name="create_contact",
    target=Target.NEW_CONTACT,
    effect=Effect.CREATE,
    comment=Text(
        "Creates a contact, unless one has that phone or e-mail.",
        "Cria um contato, se nenhum tiver esse telefone ou e-mail.",
    ),
    risk=Text(
        "A phone that is written in another way makes a second contact of the same person.",
        "Um telefone escrito de outro jeito cria um segundo contato da mesma pessoa.",
    ),
    fields=CONTACT_FIELDS,
)
