"""A query that a flow of Huggy may ask for: an .sql file whose head declares what goes in and what comes out.

    -- What it answers, in a sentence.
    --
    -- Inputs: contact, pedido integer, apelido text optional
    -- Columns: pedido_situacao, pedido_entrega_em
    SELECT situacao AS pedido_situacao, entrega_em AS pedido_entrega_em
    FROM ... WHERE cliente = $contact_id AND numero = $pedido

`contact` stands for contact_id, phone or email, of which a request names one; the query is given `$contact_id`. Any
other input has the type text, integer, number or date, and its own name. `$company_id` is always there. `Columns` is
the list of all that may leave: the SELECT gives exactly these. Pure: it reads texts and opens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from huggy_connector.errors import ConfigurationError
from huggy_connector.rows.phones import normalize_phone

CONTACT = "contact"
CONTACT_ID, PHONE, EMAIL, COMPANY_ID = "contact_id", "phone", "email", "company_id"
CONTACT_INPUTS = (CONTACT_ID, PHONE, EMAIL)
"""The names by which a request may name a contact. The first that has a value counts."""
ANSWER_KEYS = ("status", "atualizado_em")
"""What every answer has, so that no column may be called so."""
LONGEST_INPUT = 256
"""Characters of an input at most."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_SECTION = re.compile(r"(Inputs|Columns):(.*)", re.DOTALL)
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@.]+(?:\.[^\s@.]+)+")
_DIGITS = re.compile(r"[+-]?[0-9]{1,19}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_LARGEST = 2**63 - 1


class InputKind(StrEnum):
    """The type of an input."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"


class InvalidInput(Exception):
    """The error for a request that names no valid input. The argument says which, without its value."""


@dataclass(frozen=True, slots=True)
class FlowInput:
    """A value that a request gives."""

    name: str
    kind: InputKind = InputKind.TEXT
    is_required: bool = True

    def read(self, text: str) -> Any:
        """Return the value to bind. Raises InvalidInput."""
        if len(text) > LONGEST_INPUT or not text.isprintable():
            raise InvalidInput(f"{self.name} is no text of at most {LONGEST_INPUT} characters")
        value = _READERS[self.kind](text)
        if value is None:
            raise InvalidInput(f"{self.name} is no {self.kind}")
        return value


@dataclass(frozen=True, slots=True)
class Person:
    """The contact that a request names: by `kind`, one of CONTACT_INPUTS, with `text` in its one form."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class FlowQuestion:
    """A query with the values of one request."""

    query: FlowQuery
    person: Person | None
    values: Mapping[str, Any]

    @property
    def key(self) -> str:
        """What it asks about: the same text for the same person, however the phone is written."""
        if self.person is not None:
            return f"{self.person.kind}={self.person.text}"
        return f"{self.query.name}?{'&'.join(f'{name}={value}' for name, value in sorted(self.values.items()))}"


@dataclass(frozen=True, slots=True)
class FlowQuery:
    """A query by its name, which is the last part of its address."""

    name: str
    statement: str
    inputs: tuple[FlowInput, ...]
    columns: tuple[str, ...]
    takes_contact: bool = False
    fault: str = ""
    """A sentence that says why it can never be answered, or ""."""

    @property
    def parameters(self) -> frozenset[str]:
        """The names that the statement may bind."""
        person = (CONTACT_ID,) if self.takes_contact else ()
        return frozenset((COMPANY_ID, *person, *(each.name for each in self.inputs)))

    def bind(self, given: Mapping[str, str]) -> FlowQuestion:
        """Return the question of a request. Values that are blank count as not given; other names are ignored.

        Raises InvalidInput.
        """
        texts = {name: text.strip() for name, text in given.items() if text.strip()}
        person = _read_person(texts) if self.takes_contact else None
        missing = [each.name for each in self.inputs if each.is_required and each.name not in texts]
        if missing:
            raise InvalidInput(f"{missing[0]} is missing")
        values = {each.name: each.read(texts[each.name]) if each.name in texts else None for each in self.inputs}
        return FlowQuestion(self, person, values)


def parse_flow_query(name: str, text: str) -> FlowQuery:
    """Return the query of an .sql file. Raises ConfigurationError with a sentence that names the file."""
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name}.sql is no name of a query: use small letters, digits and underscores, such as pedidos.sql."
        )
    sections = _read_head(text)
    columns = _split(sections.get("Columns", ""))
    if not columns:
        raise ConfigurationError(
            f"{name}.sql does not say what may leave: begin it with a line such as `-- Columns: cliente_nome`."
        )
    declared = [_parse_input(name, each) for each in _split(sections.get("Inputs", ""))]
    _check_names(name, [each.name for each in declared], columns)
    statement = text.strip().removesuffix(";").rstrip()
    inputs = tuple(each for each in declared if each.name != CONTACT)
    return FlowQuery(name, statement, inputs, tuple(columns), takes_contact=len(inputs) < len(declared))


def _read_head(text: str) -> dict[str, str]:
    """Return what follows `Inputs:` and `Columns:`. A line that is indented continues the one before."""
    sections, current = dict[str, str](), ""
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        content = line.removeprefix("--")
        if match := _SECTION.fullmatch(content.strip()):
            current = match[1]
            sections[current] = match[2]
        elif current and content.startswith("   "):
            sections[current] += content
        else:
            current = ""
    return sections


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _parse_input(query: str, text: str) -> FlowInput:
    name, *words = text.split()
    is_required = words[-1:] != ["optional"]
    kinds = words if is_required else words[:-1]
    if len(kinds) > 1 or (kinds and kinds[0] not in {*InputKind}) or (name == CONTACT and words):
        raise ConfigurationError(
            f"{query}.sql declares the input {text!r}: write `contact`, or a name, one of {', '.join(InputKind)}, and "
            "`optional` where it may be missing."
        )
    return FlowInput(name, InputKind(kinds[0]) if kinds else InputKind.TEXT, is_required)


def _check_names(query: str, inputs: Sequence[str], columns: Sequence[str]) -> None:
    for kind, names, taken in (
        ("input", inputs, {*CONTACT_INPUTS, COMPANY_ID, "secret"}),
        ("column", columns, {*ANSWER_KEYS}),
    ):
        for name in names:
            if not _NAME.fullmatch(name) or name in taken or names.count(name) > 1:
                hint = f" Write `{CONTACT}` for a contact." if name in CONTACT_INPUTS else ""
                raise ConfigurationError(
                    f"{query}.sql declares the {kind} {name!r}, which is taken, doubled or no name: use small letters, "
                    f"digits and underscores.{hint}"
                )


def _read_person(texts: Mapping[str, str]) -> Person:
    """Return the contact by the first of the three that has a value. Raises InvalidInput."""
    for kind in CONTACT_INPUTS:
        if (text := texts.get(kind)) is not None:
            form = _PERSON_FORMS[kind](text) if len(text) <= LONGEST_INPUT else None
            if form is None:
                raise InvalidInput(f"{kind} is not valid")
            return Person(kind, form)
    raise InvalidInput(f"{', '.join(CONTACT_INPUTS)} are missing")


def _read_integer(text: str) -> int | None:
    return int(text) if _DIGITS.fullmatch(text) and abs(int(text)) <= _LARGEST else None


def _read_number(text: str) -> Decimal | None:
    try:
        return Decimal(text) if _NUMBER.fullmatch(text) else None
    except InvalidOperation:
        return None


def _read_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _contact_id_form(text: str) -> str | None:
    number = _read_integer(text)
    return str(number) if number is not None and number > 0 else None


def _email_form(text: str) -> str | None:
    return text.lower() if _EMAIL.fullmatch(text) and text.isprintable() else None


_READERS = {
    InputKind.TEXT: lambda text: text,
    InputKind.INTEGER: _read_integer,
    InputKind.NUMBER: _read_number,
    InputKind.DATE: _read_date,
}
_PERSON_FORMS = {CONTACT_ID: _contact_id_form, PHONE: normalize_phone, EMAIL: _email_form}
