"""Leaves a comment that only agents see: POST /timeline/createComment/{id}."""

from huggy_connector.catalogue.actions.types import Action, ActionField, Effect, FieldKind, Target
from huggy_connector.catalogue.types import Text

COMMENT = Action(
    name="comment",
    target=Target.CHAT,
    effect=Effect.MESSAGE,
    comment=Text(
        "Leaves a comment on the timeline of a chat, for agents.",
        "Deixa um comentário na linha do tempo de um atendimento, para os agentes.",
    ),
    risk=Text(
        "No customer sees it; it stays for good, and twice is there twice.",
        "Nenhum cliente vê; fica para sempre, e duas vezes aparece duas vezes.",
    ),
    fields=(
        ActionField("text", FieldKind.TEXT, Text("The comment.", "O comentário."), required=True, personal="text"),
    ),
)
