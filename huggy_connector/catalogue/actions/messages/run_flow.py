"""Runs a flow: POST /chats/{id}/flow in a chat, PUT /contacts/{id}/execFlow for a contact."""

from huggy_connector.catalogue.actions.types import Action, ActionField, Effect, FieldKind, Target
from huggy_connector.catalogue.types import Text

RUN_FLOW = Action(
    name="run_flow",
    target=Target.CHAT_OR_CONTACT,
    effect=Effect.MESSAGE,
    comment=Text(
        "Runs a flow in a chat, or for a contact, who may get a template by it.",
        "Executa um fluxo em um atendimento, ou para um contato, que pode receber um modelo por ele.",
    ),
    risk=Text(
        "The flow decides what the customer gets; run twice, it speaks twice, and no answer says how it ended.",
        "O fluxo decide o que o cliente recebe; duas vezes, fala duas vezes, e nenhuma resposta diz como terminou.",
    ),
    fields=(
        ActionField("flow_id", FieldKind.ID, Text("Id of the flow.", "Id do fluxo."), required=True),
        ActionField(
            "variables",
            FieldKind.JSON,
            Text(
                "Variables of the flow, an object of texts; or columns var_name, var_value ...",
                "Variáveis do fluxo, um objeto de textos; ou colunas var_nome, var_valor ...",
            ),
            personal="text",
            prefix="var_",
        ),
        ActionField(
            "channel_uuid",
            FieldKind.TEXT,
            Text(
                "For a contact: the channel's name or uuid; not needed if all chats of WhatsApp came by one.",
                "Para um contato: o nome ou uuid do canal; dispensável se todos os chats do WhatsApp vieram por um só.",
            ),
        ),
        ActionField(
            "when_in_chat",
            FieldKind.BOOLEAN,
            Text(
                "For a contact: run it although an agent talks with them.",
                "Para um contato: executar mesmo que um agente fale com ele.",
            ),
        ),
        ActionField(
            "when_wait_for_chat",
            FieldKind.BOOLEAN,
            Text(
                "For a contact: run it although they wait in a queue.",
                "Para um contato: executar mesmo que ele espere na fila.",
            ),
        ),
        ActionField(
            "when_in_auto",
            FieldKind.BOOLEAN,
            Text(
                "For a contact: run it although a bot talks with them.",
                "Para um contato: executar mesmo que um robô fale com ele.",
            ),
        ),
    ),
    reaches_person=True,
)
