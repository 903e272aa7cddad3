"""What the tools need to know of each table beside its columns: its key, its parents, its local time, and words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from huggy_connector.catalogue import RESOURCES
from huggy_connector.warehouse.read.dictionary import Language, describe_definition, list_tables, translate
from huggy_connector.warehouse.read.dictionary_page import RELATIONS
from huggy_connector.warehouse.schema.table_spec import TableColumn, TableSpec

SCHEMAS = ("main", "marts", "history", "meta")

_GROUPS = {"": (), "_and_channel": ("channel",), "_and_department": ("department_id",), "_and_agent": ("agent_id",)}
KEYS: Mapping[str, tuple[str, ...]] = {
    "groups": ("company_id", "id"),
    "channels": ("company_id", "id"),
    "chat_agents": ("company_id", "chat_id", "agent_id"),
    "chat_channels": ("company_id", "chat_id", "channel_id", "uuid"),
    "contact_custom_fields": ("company_id", "contact_id", "field"),
    "contact_groups": ("company_id", "contact_id", "group_id"),
    "contact_organizations": ("company_id", "contact_id", "organization_id"),
    "tabulations": ("company_id", "id"),
    "organizations": ("company_id", "id"),
    "message_speakers": ("company_id", "message_id"),
    "marts.agent_performance": ("company_id", "month", "agent_id"),
    "marts.as_of": ("company_id",),
    "marts.backlog_by_day": ("company_id", "day", "channel", "department_id"),
    "marts.bot_and_human_by_day": ("company_id", "day", "channel"),
    "marts.calendar": ("calendar", "day"),
    "marts.chat_spells": ("company_id", "chat_id", "position"),
    "marts.chat_timeline": ("company_id", "chat_id", "position"),
    "marts.chat_times": ("company_id", "chat_id"),
    "marts.chat_transitions": ("company_id", "chat_id", "position"),
    "marts.chats_by_day": ("company_id", "day", "channel", "department_id", "agent_id"),
    "marts.conversations_by_day": ("company_id", "day", "channel", "department_id", "agent_id"),
    "marts.days_compared": ("company_id", "days_ago", "figure"),
    "marts.desks": ("company_id", "calendar"),
    "marts.flow_answers": ("company_id", "chat_id", "flow_id", "run", "question"),
    "marts.flow_runs": ("company_id", "chat_id", "flow_id", "run"),
    "marts.handoffs": ("company_id", "chat_id", "handoff"),
    "marts.load_by_hour": ("company_id", "month", "weekday", "hour"),
    "marts.message_volumes_by_day": ("company_id", "day", "channel", "sender"),
    "marts.months_compared": ("company_id", "months_ago", "figure"),
    "marts.names": ("company_id", "kind", "id"),
    "marts.next_reply_by_day": ("company_id", "day", "channel", "department_id", "agent_id"),
    "marts.open_now": ("company_id", "chat_id"),
    "marts.period_comparisons": ("company_id", "period", "ago", "grouped_by", "department_id", "channel", "figure"),
    "marts.ratings": ("company_id", "chat_id"),
    "marts.past_spells": ("company_id", "chat_id", "position"),
    "marts.reopenings": ("company_id", "chat_id", "reopening"),
    "marts.settled_chats": ("company_id", "chat_id"),
    "marts.returning_contacts_by_day": ("company_id", "day", "channel"),
    "marts.satisfaction": ("company_id", "chat_id"),
    "marts.satisfaction_by_day": ("company_id", "day", "channel", "department_id", "agent_id"),
    "marts.sla_by_chat": ("company_id", "chat_id", "metric"),
    "marts.sla_by_day": ("company_id", "day", "metric", "channel", "department_id", "agent_id"),
    "marts.surveys_by_day": ("company_id", "day", "flow_id", "question"),
    "marts.tabulations_by_day": ("company_id", "day", "department_id", "tabulation_id"),
    "marts.targets": ("calendar", "metric"),
    "marts.weeks_compared": ("company_id", "weeks_ago", "figure"),
    "marts.workflow_moves": ("company_id", "chat_id", "move"),
    **{
        f"marts.{name}_by_day{suffix}": ("company_id", "day", *columns)
        for name in ("first_response", "handling", "queue_wait", "resolution")
        for suffix, columns in _GROUPS.items()
    },
    **{
        f"marts.internal_{name}_by_day": ("company_id", "day", "grouped_by", "channel", "department_id", "agent_id")
        for name in ("first_response", "handling", "queue_wait", "resolution")
    },
    "meta.actions": ("company_id", "ledger", "campaign", "action", "target", "purpose", "attempt"),
}
"""The columns that no two rows of a view or mart share. Two NULLs in one column are alike."""

WITHOUT_KEY = frozenset({"meta.quality", "meta.rejects", "meta.restatements", "meta.tombstones"})
"""Logs: two of their rows may be alike."""


LISTED = frozenset({"chat_agents", "chat_channels", "contact_groups", "contact_organizations"})
"""Views of lists: two rows are alike where Huggy lists a thing twice, or two without a readable id: a warning."""


def list_schema(schema: str) -> list[TableSpec]:
    """Return the tables of a schema, in the order of the dictionary."""
    return [table for table in list_tables() if table.schema == schema]


def find_key(table: TableSpec) -> tuple[str, ...]:
    """Return the columns that no two rows share; none where two rows may be alike."""
    return table.key or KEYS.get(table.title, ())


def list_parents(table: TableSpec) -> Iterator[tuple[str, str]]:
    """Yield each column of a table that holds an `id` of another, and the name of that table of `main`."""
    yield from ((column, parent) for parent, child, column in RELATIONS if child == table.title)


def find_local_time(table: TableSpec) -> str | None:
    """Return the column by whose local time a chart of the table is drawn, or None where it has no local time."""
    local_names = [column.name for column in table.columns if is_local_time(column)]
    wanted = [name for name in ("day", "month", "created_at_local") if name in local_names]
    return next(iter([*wanted, *local_names]), None)


def is_local_time(column: TableColumn) -> bool:
    """Return whether a column holds a local day or time. A TIMESTAMPTZ is an instant: its day is another in UTC."""
    return column.type in {"DATE", "TIMESTAMP"} and column.name != "birth_date"


def is_nested(column: TableColumn) -> bool:
    """Return whether a column holds lists, which most tools have no type for."""
    return column.type.endswith("[]") or column.type.startswith("STRUCT")


def explain(table: TableSpec, language: Language) -> str:
    """Return what a table is, how it is computed, and what does not count."""
    return "\n".join([translate(table.comment, language), *describe_definition(table, language)])


def list_landed_by_default() -> tuple[str, ...]:
    """Return the resources that each sync lands, unless it names others."""
    return tuple(each.name for each in RESOURCES.values() if each.default and each.is_listed)
