"""Puts a chat on a step of a workflow: PUT /chats/{id}/workflow."""

from huggy_connector.catalogue.actions.types import Action, ActionField, Effect, FieldKind, Target
from huggy_connector.catalogue.types import Text

SET_WORKFLOW_STEP = Action(
    name="set_workflow_step",
    target=Target.CHAT,
    effect=Effect.STATE,
    comment=Text(
        "Puts a chat on a step of a workflow, or takes it out.",
        "Coloca um atendimento em uma etapa de um fluxo de trabalho, ou o retira.",
    ),
    risk=Text(
        "Automations of the step run, and some of them write to the customer.",
        "As automações da etapa são executadas, e algumas escrevem ao cliente.",
    ),
    fields=(
        ActionField(
            "step_id",
            FieldKind.ID,
            Text(
                "Id of the step; without it the chat leaves its workflow.",
                "Id da etapa; sem ele o atendimento sai do fluxo de trabalho.",
            ),
        ),
    ),
)
