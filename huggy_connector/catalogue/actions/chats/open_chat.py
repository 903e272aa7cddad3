"""Opens a chat with a contact: POST /contacts/{id}/chats."""

from huggy_connector.catalogue.actions.types import Action, ActionField, Effect, FieldKind, Target
from huggy_connector.catalogue.types import Text

OPEN_CHAT = Action(
    name="open_chat",
    target=Target.CONTACT,
    effect=Effect.CREATE,
    comment=Text(
        "Opens a chat with a contact, unless one is open on that channel.",
        "Abre um atendimento com um contato, se não houver um aberto nesse canal.",
    ),
    risk=Text(
        "Opened and left alone, it is an empty chat in the queue; a second one confuses customer and agents.",
        "Aberto e abandonado, é um atendimento vazio na fila; um segundo confunde cliente e agentes.",
    ),
    fields=(
        ActionField(
            "channel_uuid",
            FieldKind.TEXT,
            Text("The channel; Huggy's default one if not given.", "O canal; o padrão da Huggy se não for dado."),
        ),
    ),
)
