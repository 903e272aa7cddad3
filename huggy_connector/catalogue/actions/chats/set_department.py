"""Moves a chat to a department: PUT /chats/{id}/department."""

from huggy_connector.catalogue.actions.types import Action, ActionField, Effect, FieldKind, Target
from huggy_connector.catalogue.types import Text

SET_DEPARTMENT = Action(
    name="set_department",
    target=Target.CHAT,
    effect=Effect.STATE,
    comment=Text("Moves a chat to a department.", "Move um atendimento para um departamento."),
    risk=Text(
        "In a department where nobody works the customer waits.",
        "Em um departamento sem ninguém o cliente espera.",
    ),
    fields=(
        ActionField(
            "department_id",
            FieldKind.ID,
            Text("Id of the department.", "Id do departamento."),
            required=True,
        ),
    ),
)
