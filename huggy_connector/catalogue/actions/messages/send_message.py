"""Sends a text or a file into a chat: POST /chats/{id}/messages."""

from huggy_connector.catalogue.actions.types import Action, ActionField, Effect, FieldKind, Target
from huggy_connector.catalogue.types import Text

SEND_MESSAGE = Action(
    name="send_message",
    target=Target.CHAT,
    effect=Effect.MESSAGE,
    comment=Text(
        "Sends a text or a file into a chat, or leaves a note that only agents see.",
        "Envia um texto ou arquivo a um atendimento, ou deixa uma nota que só os agentes veem.",
    ),
    risk=Text(
        "A customer reads it at once, it cannot be taken back, and outside the 24-hour window WhatsApp refuses it.",
        "O cliente lê na hora, não dá para desfazer, e fora da janela de 24 horas o WhatsApp recusa.",
    ),
    fields=(
        ActionField(
            "text",
            FieldKind.TEXT,
            Text("The text; may be empty beside a file.", "O texto; pode ser vazio ao lado de um arquivo."),
            personal="text",
        ),
        ActionField(
            "file",
            FieldKind.TEXT,
            Text("Public address of a file, up to 15 MB.", "Endereço público de um arquivo, até 15 MB."),
            personal="text",
        ),
        ActionField(
            "file_base64",
            FieldKind.TEXT,
            Text(
                "The file itself in base64, without the prefix data:.",
                "O próprio arquivo em base64, sem o prefixo data:.",
            ),
            personal="text",
        ),
        ActionField(
            "file_name",
            FieldKind.TEXT,
            Text("Name of that file; its ending says what it is.", "Nome desse arquivo; o final diz o que ele é."),
            personal="text",
        ),
        ActionField("is_internal", FieldKind.BOOLEAN, Text("Whether only agents see it.", "Se só os agentes veem.")),
        ActionField(
            "options",
            FieldKind.JSON,
            Text(
                'Buttons, a list such as [{"id": "1", "title": "Sim"}].',
                'Botões, uma lista como [{"id": "1", "title": "Sim"}].',
            ),
            personal="text",
        ),
    ),
    reaches_person=True,
    hidden_by="is_internal",
)
