"""Makes views for single groupings of a mart whose rows are of several, so that nobody adds a chat four times.

The table keeps all groupings, because one pass over the chats of a day computes them. A view of it costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from huggy_connector.catalogue import Text
from huggy_connector.warehouse.marts.mart_definition import ExampleRows, MartDefinition, RefreshKind, WorkedExample
from huggy_connector.warehouse.schema.table_spec import TableColumn, TableSpec

INTERNAL_PREFIX = "internal_"
"""The prefix of a table that holds rows of several groupings: an analyst reads the views of it."""

_GROUPS = {
    "day": ((), Text("", "")),
    "channel": (("channel",), Text(" and channel", " e canal")),
    "department": (("department_id", "department"), Text(" and department", " e departamento")),
    "agent": (("agent_id", "agent"), Text(" and agent", " e agente")),
}
"""By the value of grouped_by, the columns of a view that say what its rows are of, and the words for them."""


def split_groups(definition: MartDefinition, shared: Mapping[str, TableColumn]) -> Iterator[MartDefinition]:
    """Yield a definition as it is, or for one with groups its internal table, then a view for the rows of each group.

    In the table a chat counts once a group. Each view has the name of the agent or department beside the id.
    """
    if not definition.groups:
        yield definition
        return
    table = definition.table
    internal = replace(
        table,
        name=f"{INTERNAL_PREFIX}{table.name}",
        comment=Text(
            f"Internal: {len(definition.groups)} groupings in one table; never add its rows. Read {table.title} and "
            "the views beside it.",
            f"Interna: {len(definition.groups)} agrupamentos em uma tabela; nunca some suas linhas. Leia {table.title} "
            f"e as views ao lado.",
        ),
    )
    yield replace(definition, table=internal)
    keys = {"grouped_by", *(column for columns, _ in _GROUPS.values() for column in columns)}
    columns = {column.name: column for column in table.columns}
    measures = [name for name in columns if name not in {"company_id", "day", *keys}]
    for group in definition.groups:
        of_group, words = _GROUPS[group]
        names = ("company_id", "day", *of_group, *measures)
        has_name = f"{group}_id" in of_group
        values = (f"n.name AS {name}" if has_name and name == group else f"s.{name}" for name in names)
        names_of_group = (
            f" LEFT JOIN marts.names AS n ON n.company_id = s.company_id AND n.kind = '{group}' AND n.id = s.{group}_id"
        )
        yield replace(
            definition,
            table=TableSpec(
                table.schema,
                table.name if group == "day" else f"{table.name}_and_{group}",
                Text(
                    table.comment.en.replace(" by day:", f" by day{words.en}:"),
                    table.comment.pt.replace(" por dia:", f" por dia{words.pt}:"),
                ),
                tuple(columns.get(name) or shared[name] for name in names),
                view=True,
            ),
            query=f"SELECT {', '.join(values)} FROM {internal.schema}.{internal.name} AS s"
            f"{names_of_group if has_name else ''} WHERE s.grouped_by = '{group}'",
            refresh=RefreshKind.VIEW,
            example=_select_group(definition.example, group, names),
        )


def _select_group(example: WorkedExample, group: str, names: Sequence[str]) -> WorkedExample:
    columns, rows = example.expected.columns, example.expected.rows
    kept = [place for place, name in enumerate(columns) if name in names]
    of_group = [row for row in rows if row[columns.index("grouped_by")] == group]
    return replace(
        example,
        expected=ExampleRows(
            tuple(columns[place] for place in kept), tuple(tuple(row[place] for place in kept) for row in of_group)
        ),
    )
