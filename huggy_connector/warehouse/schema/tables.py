"""The tables of each resource, from the catalogue. Files, comments and the dictionary derive from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from huggy_connector.catalogue import Column as Source
from huggy_connector.catalogue import Resource, Scalar, Text
from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.table_spec import (
    COMPANY,
    RUN_KEY,
    TableColumn,
    TableMacro,
    TableSpec,
    column,
    meta_table,
)

HASH = Text("Fingerprint of the tracked fields.", "Impressão digital dos campos acompanhados.")
SEEN_AT = column(
    "seen_at",
    "TIMESTAMPTZ",
    "Last time that the API listed the row, with whatever values.",
    "Última vez que a API listou a linha, com quaisquer valores.",
)
DELETED_AT = column(
    "deleted_at",
    "TIMESTAMPTZ",
    "When it was first found missing after it was last seen; NULL while it is there.",
    "Quando faltou pela primeira vez depois da última vez vista; NULL enquanto existe.",
)
DELETED_GRADE = column(
    "deleted_grade",
    "VARCHAR",
    "How sure that is: missing_once, missing_twice (exact full sweeps that lack it), confirmed (its id answers 404).",
    "Quão certo é: missing_once, missing_twice (leituras completas exatas sem ela), confirmed (o id responde 404).",
)
EMBEDDED_AT = column(
    "embedded_at",
    "TIMESTAMPTZ",
    "Time of the newest value that came from a row that it was embedded in; NULL where all are from its own list.",
    "Hora do valor mais novo vindo de uma linha em que estava embutida; NULL se tudo veio da própria lista.",
)
ORIGIN = column(
    "origin",
    "VARCHAR",
    "api: read from the API. webhook: only told by an event so far; the row of the API takes its place.",
    "api: lida da API. webhook: só avisada por um evento até agora; a linha da API toma seu lugar.",
    default="api",
)
VALIDITY = (
    column("valid_from", "TIMESTAMPTZ", "When it was first read so.", "Quando foi lida assim pela primeira vez."),
    column(
        "valid_to",
        "TIMESTAMPTZ",
        "When the next version was first read; NULL for the newest.",
        "Quando a versão seguinte foi lida pela primeira vez; NULL na mais nova.",
    ),
    column(
        "changed",
        "VARCHAR[]",
        "Columns that differ from the version before; NULL for the first.",
        "Colunas que diferem da versão anterior; NULL na primeira.",
    ),
    column(
        "last_seen_at",
        "TIMESTAMPTZ",
        "When it was last read so; NULL for the newest, whose row in the current table has it.",
        "Última leitura assim; NULL na mais nova, cuja linha na tabela atual a tem.",
    ),
    column(
        "first_version_at",
        "TIMESTAMPTZ",
        "Huggy's time of change when it was first read so; NULL where that is not believed.",
        "Hora da alteração na Huggy na primeira leitura; NULL onde não se acredita nela.",
    ),
    column(
        "last_version_at",
        "TIMESTAMPTZ",
        "Newest time of change on Huggy that was read with it; NULL for the newest version, whose row has it, unless "
        "that was last read without one.",
        "A hora de alteração mais nova da Huggy lida com ela; NULL na versão mais nova, cuja linha a tem, a não ser "
        "que a última leitura não tivesse hora.",
    ),
)


@cache
def table_of(resource: Resource) -> TableSpec:
    """Return the table of a resource: the newest version of each row."""
    columns = [COMPANY, *_table_columns(resource.columns)]
    columns += [
        TableColumn(
            "extra",
            "JSON",
            Text("Fields that this version of the connector does not know.", "Campos que esta versão não conhece."),
        ),
        TableColumn(
            "fetched_at", "TIMESTAMPTZ", Text("When the row was read from the API.", "Quando a linha foi lida da API.")
        ),
        TableColumn("row_hash", "VARCHAR", HASH),
        TableColumn("snapshot", "VARCHAR", RUN_KEY),
    ]
    if resource.history:
        columns += [SEEN_AT, DELETED_AT, DELETED_GRADE]
    if resource.embedded is not None:
        columns.append(EMBEDDED_AT)
    if resource.told_by_events:
        columns.append(ORIGIN)
    return TableSpec("main", resource.name, resource.comment, tuple(columns), ("company_id", resource.key))


def tracked_columns(resource: Resource) -> tuple[Source, ...]:
    """Return the columns whose changes make a version. The time of change is none of them."""
    return tuple(column for column in resource.columns if column.tracked and column.name != resource.version)


@cache
def history_table_of(resource: Resource) -> TableSpec:
    """Return the table of a resource's versions."""
    comment = Text(
        f"One row a version of a row of {resource.name}: what its tracked columns held from valid_from to valid_to. "
        "As of a moment: valid_from <= moment AND (valid_to IS NULL OR valid_to > moment).",
        f"Uma linha por versão de uma linha de {resource.name}: o que as colunas acompanhadas continham de valid_from "
        "a valid_to. Em um momento: valid_from <= momento AND (valid_to IS NULL OR valid_to > momento).",
    )
    columns = [COMPANY, *_table_columns(tracked_columns(resource)), TableColumn("row_hash", "VARCHAR", HASH), *VALIDITY]
    return TableSpec("history", resource.name, comment, tuple(columns), ("company_id", "id", "valid_from"))


def as_of_macro(resource: Resource) -> TableMacro:
    """Return the macro of a resource's versions that were valid at a moment."""
    table = history_table_of(resource)
    return TableMacro(
        table.schema,
        f"{table.name}_as_of",
        ("moment",),
        f"SELECT * FROM {table.sql} WHERE valid_from <= moment::TIMESTAMPTZ"
        " AND (valid_to IS NULL OR valid_to > moment::TIMESTAMPTZ)",
        Text(
            f"The rows of {resource.name} as they were known at a moment, one an id.",
            f"As linhas de {resource.name} como se conheciam em um momento, uma por id.",
        ),
    )


def embedded_table_of(resource: Resource) -> TableSpec:
    """Return the table of what rows of other resources say about a resource: the newest value of each field."""
    if resource.embedded is None:
        raise ValueError(f"{resource.name} is embedded nowhere")
    where = resource.embedded
    columns = [COMPANY, *_table_columns((resource.column("id"),))]
    for each in _table_columns(resource.column(name) for name in where.fields):
        at = Text(f"When {each.name} was so, at the latest known.", f"Quando {each.name} era assim, até onde se sabe.")
        columns += [each, TableColumn(f"{each.name}_at", "TIMESTAMPTZ", at)]
    columns.append(column("fetched_at", "TIMESTAMPTZ", "When it was last read from the API.", "Última leitura da API."))
    return meta_table(
        f"{resource.name}_in_{where.resource}",
        f"One row an id of {resource.name} that came along in {where.resource}.{where.column}: the newest value of "
        f"each field. Where newer than the listed row, it is merged into {resource.name}.",
        f"Uma linha por id de {resource.name} que veio em {where.resource}.{where.column}: o valor mais novo de cada "
        f"campo. Se mais novo que a linha listada, entra em {resource.name}.",
        *columns,
        key=("company_id", "id"),
    )


def tables_of(resource: Resource) -> tuple[TableSpec, ...]:
    """Return all tables of a resource."""
    return (
        table_of(resource),
        *((history_table_of(resource),) if resource.history else ()),
        *((embedded_table_of(resource),) if resource.embedded else ()),
    )


def _table_columns(sources: Iterable[Source]) -> Iterator[TableColumn]:
    for source in sources:
        yield TableColumn(source.name, sql.type_of(source.type), source.comment)
        if source.type is Scalar.INSTANT:
            local = Text(
                f"{source.name} in the account's zone, as the API gives it.",
                f"{source.name} no fuso da conta, como a API entrega.",
            )
            yield TableColumn(f"{source.name}_local", "TIMESTAMP", local)
