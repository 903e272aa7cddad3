"""Sends any method and path of the API."""

from huggy_connector.catalogue.actions.types import Action, ActionField, Effect, FieldKind, Target
from huggy_connector.catalogue.types import Text

REQUEST = Action(
    name="request",
    target=Target.ADDRESS,
    effect=Effect.OTHER,
    comment=Text(
        "Sends any method and path of the API, for what this list lacks.",
        "Envia qualquer método e caminho da API, para o que falta nesta lista.",
    ),
    risk=Text(
        "No guard sees whom it reaches, and what is not answered stays unknown until a person settles it.",
        "Nenhuma proteção vê quem ela atinge, e o que não é respondido fica desconhecido até alguém decidir.",
    ),
    fields=(
        ActionField(
            "method",
            FieldKind.TEXT,
            Text("POST, PUT, PATCH or DELETE.", "POST, PUT, PATCH ou DELETE."),
            required=True,
            choices=("POST", "PUT", "PATCH", "DELETE"),
        ),
        ActionField(
            "path",
            FieldKind.TEXT,
            Text(
                "The path below the API's address, such as chats/700001/reopen.",
                "O caminho abaixo do endereço da API, como chats/700001/reopen.",
            ),
            required=True,
        ),
        ActionField("body", FieldKind.JSON, Text("The body, an object.", "O corpo, um objeto."), personal="text"),
        ActionField(
            "query",
            FieldKind.JSON,
            Text("The query string, an object of texts.", "A query string, um objeto de textos."),
            personal="text",
        ),
    ),
    reaches_person=True,
    is_irreversible=True,
)
