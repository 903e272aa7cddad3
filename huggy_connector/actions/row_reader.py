"""Reads the rows of a query as rows of an action: columns become fields, `--set` gives those that all share. Pure.

An error names columns and numbers of rows, and no value: that may be personal.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from huggy_connector.actions.field_values import read_value
from huggy_connector.actions.types import PlannedRow, RowKey
from huggy_connector.catalogue.actions.types import PURPOSE, TARGET_COLUMNS, Action, ActionField, FieldKind, Target
from huggy_connector.errors import ConfigurationError

_PERSON: Final = "contact_id"
"""A column that every query may have: the person that the row reaches."""
LONGEST_NAME: Final = 100
_CAMPAIGN = re.compile(r"[^/\\]+")

NormalizeTarget = Callable[[Action, Mapping[str, Any]], tuple[str, int | None]]
"""Returns the normalised target of a row, and the id of its chat or contact. `guards.normalize_target` with its key."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a campaign is about: the action, the campaign's name, and the values that all rows share (`--set`)."""

    action: Action
    campaign: str
    shared: Mapping[str, str]


def check_campaign(name: str) -> str:
    """Return the name of a campaign. Raise ConfigurationError for one that no list could show."""
    text = name.strip()
    if not _CAMPAIGN.fullmatch(text) or not text.isprintable() or len(text) > LONGEST_NAME:
        raise ConfigurationError(
            f"--campaign takes a name of 1 to {LONGEST_NAME} characters without slashes, such as csat-2026-11."
        )
    return text


def read_rows(
    question: Question, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, normalize_target: NormalizeTarget
) -> tuple[PlannedRow, ...]:
    """Return the rows, each with its target. Raise ConfigurationError, in one sentence, for what cannot be planned."""
    _check_columns(question, columns)
    action = question.action
    shared = question.shared
    given = [{**shared} | _without_nulls(dict(zip(columns, row, strict=True))) for row in rows]
    target_names = _target_names(action, {*columns, *shared})
    _refuse_missing(
        given,
        lambda values: any(values.get(name) is not None for name in target_names),
        f"no {' or '.join(target_names)}",
        "leave them out with WHERE",
    )
    for field in action.fields:
        if field.required and field.name not in target_names:
            _refuse_missing(
                given,
                partial(_has_field, field),
                f"no {field.name}",
                "leave them out with WHERE, or give them a value",
            )
    planned = [_plan_row(question, values, number, normalize_target) for number, values in enumerate(given, start=1)]
    _refuse_doubles(planned)
    return tuple(planned)


def known_columns(action: Action) -> tuple[str, ...]:
    """Return the names of columns that a query for this action may have, targets first."""
    fields = [field.name for field in action.fields]
    return tuple(dict.fromkeys((*TARGET_COLUMNS[action.target], *fields, _PERSON, PURPOSE)))


def _check_columns(question: Question, columns: Sequence[str]) -> None:
    action, known = question.action, known_columns(question.action)
    for place, names in (("--set", [*question.shared]), ("the query", [*columns])):
        if unknown := [name for name in names if name not in known and _group_of(action, name) is None]:
            raise ConfigurationError(
                f"{action.name} has no {_list(unknown)}, which {place} gives: it takes {', '.join(known)}."
            )
    if doubled := [name for name in columns if name in question.shared]:
        raise ConfigurationError(f"Both the query and --set give {_list(doubled)}: leave one of them out.")
    available = {*columns, *question.shared}
    if len(targets := [name for name in _choose_one_of(action) if name in available]) > 1:
        raise ConfigurationError(
            f"{_list(targets)} name the target of {action.name} twice: let the query return one of them."
        )
    missing = [
        field.name
        for field in action.fields
        if field.required
        and field.name not in available
        and not any(_group_of(action, name) == field.name for name in available)
    ]
    if not any(name in available for name in TARGET_COLUMNS[action.target]):
        missing.insert(0, " or ".join(TARGET_COLUMNS[action.target]))
    if missing:
        raise ConfigurationError(
            f"{action.name} needs {_list(missing)}: let the query return it as a column, or give it with --set."
        )


def _choose_one_of(action: Action) -> list[str]:
    """Return the columns that name the target alike. `contact_id` beside a chat is the person that the row reaches."""
    if action.target in {Target.NEW_CONTACT, Target.ADDRESS}:
        return []
    return [name for name in TARGET_COLUMNS[action.target] if name != _PERSON or action.target is Target.CONTACT]


def _group_of(action: Action, column: str) -> str | None:
    """Return the field of which the column is a part: `params` for `param_1`, by the field's prefix."""
    names = {field.name for field in action.fields}
    return next(
        (field.name for field in action.fields if column not in names and _part_of(field, column) is not None), None
    )


def _part_of(field: ActionField, column: str) -> str | None:
    """Return the name of a part: `1` for `param_1`; None where the column is no part of the field."""
    return column[len(field.prefix) :] or None if field.prefix and column.startswith(field.prefix) else None


def _target_names(action: Action, available: set[str]) -> list[str]:
    """Return the columns that name the target: of a new contact any of them, else the first that is there."""
    names = [name for name in TARGET_COLUMNS[action.target] if name in available]
    return names if action.target in {Target.NEW_CONTACT, Target.CHAT_OR_CONTACT} else names[:1]


def _without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _has_field(field: ActionField, values: Mapping[str, Any]) -> bool:
    return field.name in values or any(_part_of(field, name) is not None for name in values)


def _refuse_missing(
    given: Sequence[Mapping[str, Any]], is_there: Callable[[Mapping[str, Any]], bool], what: str, advice: str
) -> None:
    lacking = [number for number, values in enumerate(given, start=1) if not is_there(values)]
    if lacking:
        raise ConfigurationError(
            f"{len(lacking):,} of {len(given):,} rows of the query have {what}, row {lacking[0]:,} the first: {advice}."
        )


def _plan_row(
    question: Question, values: Mapping[str, Any], number: int, normalize_target: NormalizeTarget
) -> PlannedRow:
    action = question.action
    fields = dict(_read_fields(action, values, number))
    target, target_id = normalize_target(action, {**values, **fields})
    person = values.get(_PERSON)
    contact_id = None if person is None else read_value(FieldKind.ID, person, _PERSON, number)
    if target.startswith("contact:"):
        contact_id = target_id
    key = RowKey(question.campaign, action.name, target, str(values.get(PURPOSE, "")).strip())
    return PlannedRow(action, key, target_id, fields, contact_id)


def _read_fields(action: Action, values: Mapping[str, Any], number: int) -> Iterator[tuple[str, Any]]:
    names = {field.name for field in action.fields}
    for field in action.fields:
        parts = {
            part: read_value(FieldKind.TEXT, value, name, number)
            for name, value in values.items()
            if name not in names and (part := _part_of(field, name)) is not None
        }
        if field.name in values:
            if parts:
                raise ConfigurationError(
                    f"The query gives {field.name} and columns that are parts of it: leave one of them out."
                )
            yield field.name, _choose(field, read_value(field.kind, values[field.name], field.name, number), number)
        elif parts:
            yield field.name, parts


def _choose(field: ActionField, value: Any, number: int) -> Any:
    """Return the choice that the value means, in whatever letters it is written."""
    if not field.choices:
        return value
    found = next((each for each in field.choices if each.casefold() == str(value).strip().casefold()), None)
    if found is None:
        raise ConfigurationError(f"{field.name} of row {number:,} is none of {', '.join(field.choices)}.")
    return found


def _refuse_doubles(planned: Sequence[PlannedRow]) -> None:
    doubled = [key for key, times in Counter(row.key for row in planned).items() if times > 1]
    if doubled:
        rows = [number for number, row in enumerate(planned, start=1) if row.key == doubled[0]]
        raise ConfigurationError(
            f"{len(doubled):,} targets come more than once in the query, the first in rows {rows[0]:,} and "
            f"{rows[1]:,}: let it return each once, or tell them apart by a column {PURPOSE}."
        )


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
