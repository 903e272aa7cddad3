"""Gives a chat a tabulation: PUT /chats/{id}/tabulation."""

from huggy_connector.catalogue.actions.types import Action, ActionField, Effect, FieldKind, Target
from huggy_connector.catalogue.types import Text

SET_TABULATION = Action(
    name="set_tabulation",
    target=Target.CHAT,
    effect=Effect.STATE,
    comment=Text("Gives a chat a tabulation.", "Dá uma tabulação a um atendimento."),
    risk=Text("It replaces the one that an agent chose.", "Substitui a que um agente escolheu."),
    fields=(
        ActionField("tabulation_id", FieldKind.ID, Text("Id of the tabulation.", "Id da tabulação."), required=True),
    ),
)
