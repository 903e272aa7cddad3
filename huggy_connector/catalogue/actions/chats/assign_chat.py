"""Gives a chat to an agent: PUT /chats/{id}/agent."""

from huggy_connector.catalogue.actions.types import Action, ActionField, Effect, FieldKind, Target
from huggy_connector.catalogue.types import Text

ASSIGN_CHAT = Action(
    name="assign_chat",
    target=Target.CHAT,
    effect=Effect.STATE,
    comment=Text("Gives a chat to an agent.", "Atribui um atendimento a um agente."),
    risk=Text(
        "It takes the chat away from the bot or from another agent.", "Tira o atendimento do robô ou de outro agente."
    ),
    fields=(ActionField("agent_id", FieldKind.ID, Text("Id of the agent.", "Id do agente."), required=True),),
)
