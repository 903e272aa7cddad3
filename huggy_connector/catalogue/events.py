"""Events: one row an event that Huggy's webhook told. Huggy: developers.huggy.io, Webhook.

The API lists no events. Their rows come from the inbox of `huggy serve`: see the room `webhook`, which makes them.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from huggy_connector.catalogue.types import Column, Resource, Scalar, Text


class ItemKind(StrEnum):
    """What the item of an event is: a row of the resource with this name, as the webhook writes it, or none."""

    CHAT = "chats"
    CONTACT = "contacts"
    MESSAGE = "messages"
    OTHER = ""


EVENT_KINDS: Final[Mapping[str, ItemKind]] = {
    "receivedAllMessage": ItemKind.MESSAGE,
    "receivedMessage": ItemKind.MESSAGE,
    "sentAllMessage": ItemKind.MESSAGE,
    "sendedAllMessage": ItemKind.MESSAGE,
    "startedChat": ItemKind.CHAT,
    "createdChat": ItemKind.CHAT,
    "agentEntered": ItemKind.CHAT,
    "leftQueue": ItemKind.CHAT,
    "updatedWorkflowStep": ItemKind.CHAT,
    "updatedChatDepartment": ItemKind.CHAT,
    "closedChat": ItemKind.CHAT,
    "createdCustomer": ItemKind.CONTACT,
    "updatedCustomer": ItemKind.CONTACT,
    "startedWidgetAttendance": ItemKind.CONTACT,
    "startedAutomationFlow": ItemKind.OTHER,
    "finishedAutomationFlow": ItemKind.OTHER,
    "answeredChatForm": ItemKind.OTHER,
}
"""The events that are known, old spellings among them. Any other event is kept too, as one of kind OTHER."""


def kind_of(event: str) -> ItemKind:
    """Return what the items of an event are."""
    return EVENT_KINDS.get(event, ItemKind.OTHER)


EVENTS = Resource(
    name="events",
    path="",
    comment=Text(
        "One row an event that Huggy's webhook told (`huggy serve`), however often it was told.",
        "Uma linha por evento avisado pelo webhook da Huggy (`huggy serve`), não importa quantas vezes.",
    ),
    key="event_id",
    is_listed=False,
    created="occurred_at",
    paged=False,
    default=False,
    columns=(
        Column(
            "event_id",
            Scalar.VARCHAR,
            ("event_id",),
            Text("Fingerprint of the event's name and item.", "Impressão digital do nome e do item do evento."),
        ),
        Column(
            "event",
            Scalar.VARCHAR,
            ("event",),
            Text("Huggy's name of the event; an open set.", "Nome do evento na Huggy; conjunto aberto."),
        ),
        Column(
            "item_id",
            Scalar.BIGINT,
            ("item_id",),
            Text(
                "Id of the item: a chat's, a contact's or a message's.", "Id do item: atendimento, contato ou mensagem."
            ),
        ),
        Column(
            "chat_id",
            Scalar.BIGINT,
            ("chat_id",),
            Text("The chat: chats.id.", "O atendimento: chats.id."),
            references="chats",
        ),
        Column(
            "contact_id",
            Scalar.BIGINT,
            ("contact_id",),
            Text("The customer: contacts.id.", "O cliente: contacts.id."),
        ),
        Column("agent_id", Scalar.BIGINT, ("agent_id",), Text("The agent: agents.id.", "O agente: agents.id.")),
        Column(
            "message_id", Scalar.BIGINT, ("message_id",), Text("The message: messages.id.", "A mensagem: messages.id.")
        ),
        Column(
            "department_id",
            Scalar.BIGINT,
            ("department_id",),
            Text("The department: departments.id.", "O departamento: departments.id."),
        ),
        Column(
            "workflow_step_id",
            Scalar.BIGINT,
            ("workflow_step_id",),
            Text("Step of the workflow that the chat is in.", "Etapa do fluxo de trabalho em que o atendimento está."),
        ),
        Column("flow_id", Scalar.BIGINT, ("flow_id",), Text("The automation flow.", "O flow de automação.")),
        Column(
            "situation",
            Scalar.VARCHAR,
            ("situation",),
            Text("The chat's situation as told.", "Situação do atendimento, como avisada."),
        ),
        Column(
            "occurred_at",
            Scalar.INSTANT,
            ("occurred_at",),
            Text("The item's own time, else the envelope's.", "A hora do próprio item, senão a do envelope."),
        ),
        Column(
            "envelope_at",
            Scalar.INSTANT,
            ("envelope_at",),
            Text("Time of the first envelope that told it.", "Hora do primeiro envelope que o avisou."),
            tracked=False,
        ),
        Column(
            "received_at",
            Scalar.INSTANT,
            ("received_at",),
            Text("When it was first received.", "Quando foi recebido pela primeira vez."),
            tracked=False,
        ),
        Column(
            "deliveries",
            Scalar.BIGINT,
            ("deliveries",),
            Text("How often it was delivered.", "Quantas vezes foi entregue."),
            tracked=False,
        ),
        Column(
            "item",
            Scalar.JSON,
            ("item",),
            Text("The item as told, after the privacy policy.", "O item como avisado, após a política de privacidade."),
            personal="text",
        ),
    ),
)
