"""The types that describe an action: a write to Huggy. No I/O, no clock, no imports from other rooms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from huggy_connector.catalogue.types import Text


class FieldKind(StrEnum):
    """What a value of an action's field may be. Every value of a query or of `--set` is read as its kind."""

    ID = "id"
    TEXT = "text"
    BOOLEAN = "yes or no"
    JSON = "JSON"


class Target(StrEnum):
    """What an action is done to. The target's normalised form is a part of the ledger's key."""

    CHAT = "chat"
    CONTACT = "contact"
    CHAT_OR_CONTACT = "chat or contact"
    NEW_CONTACT = "new contact"
    """A contact that does not exist yet: the target is its mobile, phone or e-mail."""
    ADDRESS = "address"
    """Any method and path of the API."""


class Effect(StrEnum):
    """What an action does, and so what reading the API can prove of it."""

    MESSAGE = "message"
    """It adds something to a chat. Twice is visible to people: it is never repeated."""
    STATE = "state"
    """It gives a record a state. It is read first and left out where it is so already, and read back afterwards."""
    CREATE = "create"
    """It makes a record. It is looked up first; twice makes two."""
    DELETE = "delete"
    """It removes a record for good. A record that is gone is done."""
    OTHER = "other"
    """Nothing is known of it: what is not answered stays unknown until a person settles it."""


@dataclass(frozen=True, slots=True)
class ActionField:
    """One value of an action: a column of the query, or `--set NAME=VALUE`."""

    name: str
    kind: FieldKind
    comment: Text
    required: bool = False
    personal: str | None = None
    """The kind of personal data, as in `Column.personal`: plans, logs and `meta.actions` show it masked."""
    choices: tuple[str, ...] = ()
    """The texts that it may be; any if empty."""
    prefix: str = ""
    """How columns begin that give the items of a JSON field one by one: `param_1`, `custom_segment`."""


@dataclass(frozen=True, slots=True)
class Action:
    """Everything that is known of one action, but how each version of the API spells it (`api/writes/`).

    `reaches_person` says whether a customer gets something from it, so that the guards for people apply (consent,
    opt-out, quiet hours, one per recipient and N days, the cap of a day); `reaches` says it of one row. `risk` is one
    sentence for the docs and the plan.
    """

    name: str
    target: Target
    effect: Effect
    comment: Text
    risk: Text
    fields: tuple[ActionField, ...] = ()
    reaches_person: bool = False
    is_irreversible: bool = False
    reached_by: str = ""
    """A field that makes it reach a person: `send_feedback`."""
    hidden_by: str = ""
    """A field that keeps it from people: `is_internal`."""

    def reaches(self, fields: Mapping[str, Any]) -> bool:
        """Say whether a customer gets something from the action with these fields."""
        if self.hidden_by and fields.get(self.hidden_by):
            return False
        return self.reaches_person or bool(self.reached_by and fields.get(self.reached_by))

    def field(self, name: str) -> ActionField:
        """Return the field of a name."""
        return next(field for field in self.fields if field.name == name)


PURPOSE: Final = "purpose"
"""A column that every query may have: what the action is for, such as a month. It is a part of the ledger's key."""
TARGET_COLUMNS: Final = {
    Target.CHAT: ("id", "chat_id"),
    Target.CONTACT: ("contact_id", "id"),
    Target.CHAT_OR_CONTACT: ("id", "chat_id", "contact_id"),
    Target.NEW_CONTACT: ("mobile", "phone", "email"),
    Target.ADDRESS: ("path",),
}
"""The columns that name the target; a query has one of them."""
