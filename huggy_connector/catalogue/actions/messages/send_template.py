"""Sends a WhatsApp template into a chat: POST /chats/{id}/messages with `hsm`."""

from huggy_connector.catalogue.actions.types import Action, ActionField, Effect, FieldKind, Target
from huggy_connector.catalogue.types import Text

SEND_TEMPLATE = Action(
    name="send_template",
    target=Target.CHAT,
    effect=Effect.MESSAGE,
    comment=Text(
        "Sends an approved WhatsApp template into a chat, inside or outside the 24-hour window.",
        "Envia um modelo aprovado do WhatsApp a um atendimento, dentro ou fora da janela de 24 horas.",
    ),
    risk=Text(
        "It costs money and reaches a person; complaints and wrong parameters make Meta pause template or number.",
        "Custa dinheiro e chega a uma pessoa; queixas e parâmetros errados fazem a Meta pausar modelo ou número.",
    ),
    fields=(
        ActionField(
            "template_id",
            FieldKind.ID,
            Text("Huggy's id of the template.", "Id do modelo na Huggy."),
            required=True,
        ),
        ActionField(
            "category",
            FieldKind.TEXT,
            Text(
                "The template's category at Meta; no list of templates gives it.",
                "Categoria do modelo na Meta; nenhuma lista de modelos a informa.",
            ),
            required=True,
            choices=("marketing", "utility", "authentication"),
        ),
        ActionField(
            "params",
            FieldKind.JSON,
            Text(
                "The parameters: a list in their order, or an object by position; or columns param_1, param_2 ...",
                "Os parâmetros: uma lista na ordem, ou um objeto por posição; ou colunas param_1, param_2 ...",
            ),
            personal="text",
            prefix="param_",
        ),
        ActionField(
            "buttons",
            FieldKind.JSON,
            Text(
                'Parameters of the buttons, a list such as [{"type": "text", "text": "suffix"}].',
                'Parâmetros dos botões, uma lista como [{"type": "text", "text": "sufixo"}].',
            ),
            personal="text",
        ),
    ),
    reaches_person=True,
)
