"""Every table of the warehouse, from the catalogue and from here. Files, comments and dictionary derive from this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from huggy_connector.catalogue import Column as Source
from huggy_connector.catalogue import Resource, Scalar, Text
from huggy_connector.warehouse import sql

FORMAT = 2
"""The version of what is written here. A file of a lower one is migrated by the next load, a higher one is refused."""


@dataclass(frozen=True, slots=True)
class Column:
    """`type` is DuckDB's spelling."""

    name: str
    type: str
    comment: Text


@dataclass(frozen=True, slots=True)
class Table:
    """`key` are the columns that no two rows share; empty where rows are only ever added. `view`: it is a view."""

    schema: str
    name: str
    comment: Text
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    view: bool = False

    @property
    def sql(self) -> str:
        """The quoted name, without the catalog: the same in a file that is opened and in one that is attached."""
        return sql.name(self.schema, self.name)

    @property
    def title(self) -> str:
        """The name as a person writes it."""
        return self.name if self.schema == "main" else f"{self.schema}.{self.name}"


def _table(name: str, english: str, portuguese: str, *columns: Column, key: tuple[str, ...] = ()) -> Table:
    return Table("meta", name, Text(english, portuguese), columns, key)


def _column(name: str, kind: str, english: str, portuguese: str) -> Column:
    return Column(name, kind, Text(english, portuguese))


@dataclass(frozen=True, slots=True)
class Macro:
    """A question with a parameter, asked like a table. It works where the file is the one in use."""

    schema: str
    name: str
    parameters: tuple[str, ...]
    body: str
    comment: Text

    @property
    def statement(self) -> str:
        return f"CREATE MACRO {sql.name(self.schema, self.name)}({', '.join(self.parameters)}) AS TABLE {self.body}"


COMPANY = Column("company_id", "BIGINT", Text("Huggy's id of the account.", "Id da conta na Huggy."))
RUN_KEY = Text("The landed snapshot: meta.snapshots.run_key.", "A coleta (snapshot): meta.snapshots.run_key.")
RESOURCE = Column("resource", "VARCHAR", Text("The table.", "A tabela."))
VERSION = Column(
    "version",
    "BIGINT",
    Text("The publish that brought this row: meta.publishes.version.", "A publicação que trouxe a linha."),
)
HASH = Text("Fingerprint of the tracked fields.", "Impressão digital dos campos acompanhados.")
SEEN_AT = _column(
    "seen_at",
    "TIMESTAMPTZ",
    "Last time that the API listed the row, with whatever values.",
    "Última vez que a API listou a linha, com quaisquer valores.",
)
DELETED_AT = _column(
    "deleted_at",
    "TIMESTAMPTZ",
    "When it was first found missing after it was last seen; NULL while it is there.",
    "Quando faltou pela primeira vez depois da última vez vista; NULL enquanto existe.",
)
DELETED_GRADE = _column(
    "deleted_grade",
    "VARCHAR",
    "How sure that is: missing_once, missing_twice (exact full sweeps that lack it), confirmed (its id answers 404).",
    "Quão certo é: missing_once, missing_twice (leituras completas exatas sem ela), confirmed (o id responde 404).",
)
EMBEDDED_AT = _column(
    "embedded_at",
    "TIMESTAMPTZ",
    "Time of the newest value that came from a row that it was embedded in; NULL where all are from its own list.",
    "Hora do valor mais novo vindo de uma linha em que estava embutida; NULL se tudo veio da própria lista.",
)
VALIDITY = (
    _column("valid_from", "TIMESTAMPTZ", "When it was first read so.", "Quando foi lida assim pela primeira vez."),
    _column(
        "valid_to",
        "TIMESTAMPTZ",
        "When the next version was first read; NULL for the newest.",
        "Quando a versão seguinte foi lida pela primeira vez; NULL na mais nova.",
    ),
    _column(
        "changed",
        "VARCHAR[]",
        "Columns that differ from the version before; NULL for the first.",
        "Colunas que diferem da versão anterior; NULL na primeira.",
    ),
    _column(
        "last_seen_at",
        "TIMESTAMPTZ",
        "When it was last read so; NULL for the newest, whose row in the current table has it.",
        "Última leitura assim; NULL na mais nova, cuja linha na tabela atual a tem.",
    ),
    _column(
        "first_version_at",
        "TIMESTAMPTZ",
        "Huggy's time of change when it was first read so.",
        "Hora da alteração na Huggy na primeira leitura.",
    ),
    _column(
        "last_version_at",
        "TIMESTAMPTZ",
        "Huggy's time of change when it was last read so; NULL for the newest.",
        "Hora da alteração na Huggy na última leitura; NULL na mais nova.",
    ),
)


def table_of(resource: Resource) -> Table:
    """The table of a resource: the newest version of each row."""
    columns = [COMPANY, *_typed(resource.columns)]
    columns += [
        Column(
            "extra",
            "JSON",
            Text("Fields that this version of the connector does not know.", "Campos que esta versão não conhece."),
        ),
        Column(
            "fetched_at", "TIMESTAMPTZ", Text("When the row was read from the API.", "Quando a linha foi lida da API.")
        ),
        Column("row_hash", "VARCHAR", HASH),
        Column("snapshot", "VARCHAR", RUN_KEY),
    ]
    if resource.history:
        columns += [SEEN_AT, DELETED_AT, DELETED_GRADE]
    if resource.embedded is not None:
        columns.append(EMBEDDED_AT)
    return Table("main", resource.name, resource.comment, tuple(columns), ("company_id", "id"))


def tracked(resource: Resource) -> tuple[Source, ...]:
    """The columns whose changes make a version. When a row was changed is no change of it."""
    return tuple(column for column in resource.columns if column.tracked and column.name != resource.version)


def history_of(resource: Resource) -> Table:
    """The table of a resource's versions."""
    comment = Text(
        f"One row a version of a row of {resource.name}: what its tracked columns held from valid_from to valid_to. "
        "As of a moment: valid_from <= moment AND (valid_to IS NULL OR valid_to > moment).",
        f"Uma linha por versão de uma linha de {resource.name}: o que as colunas acompanhadas continham de valid_from "
        "a valid_to. Em um momento: valid_from <= momento AND (valid_to IS NULL OR valid_to > momento).",
    )
    columns = [COMPANY, *_typed(tracked(resource)), Column("row_hash", "VARCHAR", HASH), *VALIDITY]
    return Table("history", resource.name, comment, tuple(columns), ("company_id", "id", "valid_from"))


def as_of(resource: Resource) -> Macro:
    """The versions that were valid at a moment."""
    table = history_of(resource)
    return Macro(
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


def embedded_of(resource: Resource) -> Table:
    """What rows of other resources say of a resource's own: the newest value of each field."""
    if resource.embedded is None:
        raise ValueError(f"{resource.name} is embedded nowhere")
    where = resource.embedded
    columns = [COMPANY, *_typed((resource.column("id"),))]
    for each in _typed(resource.column(name) for name in where.fields):
        at = Text(f"When {each.name} was so, at the latest known.", f"Quando {each.name} era assim, até onde se sabe.")
        columns += [each, Column(f"{each.name}_at", "TIMESTAMPTZ", at)]
    columns.append(
        _column("fetched_at", "TIMESTAMPTZ", "When it was last read from the API.", "Última leitura da API.")
    )
    return _table(
        f"{resource.name}_in_{where.resource}",
        f"One row an id of {resource.name} that came along in {where.resource}.{where.column}: the newest value of "
        f"each field. Where newer than the listed row, it is merged into {resource.name}.",
        f"Uma linha por id de {resource.name} que veio em {where.resource}.{where.column}: o valor mais novo de cada "
        f"campo. Se mais novo que a linha listada, entra em {resource.name}.",
        *columns,
        key=("company_id", "id"),
    )


def tables_of(resource: Resource) -> tuple[Table, ...]:
    """All tables that a resource has."""
    return (
        table_of(resource),
        *((history_of(resource),) if resource.history else ()),
        *((embedded_of(resource),) if resource.embedded else ()),
    )


def _typed(sources: Iterable[Source]) -> Iterator[Column]:
    for source in sources:
        yield Column(source.name, sql.type_of(source.type), source.comment)
        if source.type is Scalar.INSTANT:
            local = Text(
                f"{source.name} in the account's zone, as the API gives it.",
                f"{source.name} no fuso da conta, como a API entrega.",
            )
            yield Column(f"{source.name}_local", "TIMESTAMP", local)


SNAPSHOTS = _table(
    "snapshots",
    "One row a landed snapshot that was loaded.",
    "Uma linha por coleta (snapshot) carregada.",
    COMPANY,
    RESOURCE,
    Column("run_key", "VARCHAR", Text("Its name in the landing.", "Seu nome na área de pouso (landing).")),
    _column("mode", "VARCHAR", "full, incremental, window or tombstones.", "full, incremental, window ou tombstones."),
    _column("window_from", "VARCHAR", "Start of a window, inclusive.", "Início da janela, inclusive."),
    _column("window_to", "VARCHAR", "End of a window, exclusive.", "Fim da janela, exclusive."),
    _column(
        "started_at", "TIMESTAMPTZ", "First request of its first attempt.", "Primeira requisição da primeira tentativa."
    ),
    _column("finished_at", "TIMESTAMPTZ", "When it was published in the landing.", "Quando foi publicada."),
    _column("rows", "BIGINT", "Rows in it.", "Linhas nela."),
    _column("unique_ids", "BIGINT", "Distinct ids in it.", "Ids distintos nela."),
    _column("pages", "BIGINT", "Pages read.", "Páginas lidas."),
    _column("requests", "BIGINT", "Requests sent.", "Requisições enviadas."),
    _column("retries", "BIGINT", "Requests sent again.", "Requisições repetidas."),
    _column(
        "exact",
        "BOOLEAN",
        "No row that existed throughout is missing.",
        "Nenhuma linha existente durante a leitura falta.",
    ),
    _column(
        "missing_at_most",
        "BIGINT",
        "Where it is not exact: the most rows that can be missing; NULL where there is no bound.",
        "Quando não é exata: o máximo de linhas que podem faltar; NULL se não há limite.",
    ),
    _column("certificate", "JSON", "What the walk vouches for, in full.", "O que a leitura garante, por inteiro."),
    key=("company_id", "resource", "run_key"),
)

LOADS = _table(
    "loads",
    "One row a load of a snapshot: fetched = kept + doubled + rejected.",
    "Uma linha por carga de uma coleta: fetched = kept + doubled + rejected.",
    VERSION,
    COMPANY,
    RESOURCE,
    Column("run_key", "VARCHAR", RUN_KEY),
    _column("loaded_at", "TIMESTAMPTZ", "When it was loaded.", "Quando foi carregada."),
    _column("fetched", "BIGINT", "Rows in the snapshot.", "Linhas na coleta."),
    _column("kept", "BIGINT", "Rows that remain, one an id.", "Linhas que ficam, uma por id."),
    _column(
        "doubled",
        "BIGINT",
        "Rows whose id came again in the same snapshot.",
        "Linhas cujo id se repetiu na mesma coleta.",
    ),
    _column(
        "rejected",
        "BIGINT",
        "Rows without a readable id: in meta.rejects only.",
        "Linhas sem id legível: só em meta.rejects.",
    ),
    _column("connector_version", "VARCHAR", "The huggy-connector that loaded it.", "O huggy-connector que a carregou."),
    key=("company_id", "resource", "run_key"),
)

FRESHNESS = _table(
    "freshness",
    "One row a table and company: how much it holds and how new that is.",
    "Uma linha por tabela e conta: quanto contém e quão recente é.",
    COMPANY,
    RESOURCE,
    _column("rows", "BIGINT", "Rows in the table.", "Linhas na tabela."),
    _column("newest_created_at", "TIMESTAMPTZ", "Newest creation.", "Criação mais recente."),
    _column("newest_updated_at", "TIMESTAMPTZ", "Newest change.", "Alteração mais recente."),
    _column("newest_fetched_at", "TIMESTAMPTZ", "Last row read from the API.", "Última linha lida da API."),
    _column("last_snapshot", "VARCHAR", "The snapshot that started last.", "A coleta que começou por último."),
    _column("last_snapshot_started_at", "TIMESTAMPTZ", "When it started.", "Quando começou."),
    _column("last_snapshot_exact", "BOOLEAN", "Whether it is exact.", "Se é exata."),
    _column("published_at", "TIMESTAMPTZ", "When this file was published.", "Quando este arquivo foi publicado."),
    key=("company_id", "resource"),
)

REJECTS = _table(
    "rejects",
    "One row a value that could not be read: it is NULL in its table. The value itself is only in the landing.",
    "Uma linha por valor ilegível: é NULL na tabela. O valor em si está só na área de pouso.",
    COMPANY,
    RESOURCE,
    _column(
        "id", "BIGINT", "The row; NULL where its id could not be read.", "A linha; NULL se o id não pôde ser lido."
    ),
    _column("column_name", "VARCHAR", "The column that is NULL instead.", "A coluna que ficou NULL."),
    _column("reason", "VARCHAR", "Why it could not be read.", "Por que não pôde ser lido."),
    Column("run_key", "VARCHAR", RUN_KEY),
    _column("fetched_at", "TIMESTAMPTZ", "When it was read from the API.", "Quando foi lido da API."),
)

QUALITY = _table(
    "quality",
    "One row a check of a publish. A check of level stop that fails publishes nothing, so it is not found here.",
    "Uma linha por verificação de uma publicação. Uma verificação de nível stop que falha não publica nada.",
    VERSION,
    _column("check_name", "VARCHAR", "What was checked.", "O que foi verificado."),
    Column("table_name", "VARCHAR", Text("The table.", "A tabela.")),
    _column("level", "VARCHAR", "warn or stop.", "warn ou stop."),
    _column("passed", "BOOLEAN", "Whether it holds.", "Se foi atendida."),
    _column("detail", "VARCHAR", "What was found, in counts.", "O que foi encontrado, em contagens."),
)

SCHEMA_CHANGES = _table(
    "schema_changes",
    "Fields that the API began to send (their values are in `extra`) and columns that the connector added.",
    "Campos que a API passou a enviar (valores em `extra`) e colunas que o conector acrescentou.",
    COMPANY,
    RESOURCE,
    _column(
        "kind",
        "VARCHAR",
        "field (seen in the API) or column (added here).",
        "field (visto na API) ou column (criada aqui).",
    ),
    _column("field", "VARCHAR", "Its name.", "Seu nome."),
    _column("type", "VARCHAR", "Its type in JSON, or the column's.", "Seu tipo em JSON, ou o da coluna."),
    _column("first_run_key", "VARCHAR", "The first snapshot that had it.", "A primeira coleta que o trouxe."),
    _column("first_seen_at", "TIMESTAMPTZ", "When it was first read or added.", "Quando foi lido ou criado."),
    _column("last_seen_at", "TIMESTAMPTZ", "When it was last read.", "Última leitura."),
    _column("rows", "BIGINT", "Rows of all snapshots that had it.", "Linhas de todas as coletas que o trouxeram."),
    key=("company_id", "resource", "kind", "field", "type"),
)

TOMBSTONES = _table(
    "tombstones",
    "One row an answer to a request for a single row that was missing: 404, or that it is there after all.",
    "Uma linha por resposta ao pedido de uma linha que faltava: 404, ou que ela existe.",
    COMPANY,
    RESOURCE,
    _column("id", "BIGINT", "The row that was asked for.", "A linha pedida."),
    _column("fetched_at", "TIMESTAMPTZ", "When it was answered.", "Quando foi respondido."),
    _column("gone", "BOOLEAN", "True for a 404.", "True para um 404."),
    Column("run_key", "VARCHAR", RUN_KEY),
)

PUBLISHES = _table(
    "publishes",
    "One row a publish of this file; the last one is what you are reading.",
    "Uma linha por publicação deste arquivo; a última é a que você está lendo.",
    _column("version", "BIGINT", "1, 2, 3 ...", "1, 2, 3 ..."),
    _column("published_at", "TIMESTAMPTZ", "When.", "Quando."),
    _column("reason", "VARCHAR", "What made it, such as load.", "O que a causou, como load."),
    _column("snapshots", "BIGINT", "Snapshots that it loaded.", "Coletas que carregou."),
    _column("rows_changed", "BIGINT", "Rows that are new or have changed.", "Linhas novas ou alteradas."),
    _column("format_version", "INTEGER", "Version of this file's layout.", "Versão do formato deste arquivo."),
    _column("connector_version", "VARCHAR", "The huggy-connector that wrote it.", "O huggy-connector que o escreveu."),
    _column("duckdb_version", "VARCHAR", "The DuckDB that wrote it.", "O DuckDB que o escreveu."),
    key=("version",),
)

DEFINITIONS = _table(
    "definitions",
    "One row a view or mart: by what it was made.",
    "Uma linha por view ou mart: a partir do que foi feito.",
    _column("name", "VARCHAR", "The view or mart.", "A view ou o mart."),
    _column(
        "fingerprint",
        "VARCHAR",
        "Of its definition and its calendar: where it is another, all of it is made again.",
        "Da definição e do calendário: se muda, tudo é refeito.",
    ),
    key=("name",),
)

META = (PUBLISHES, SNAPSHOTS, LOADS, FRESHNESS, REJECTS, TOMBSTONES, QUALITY, SCHEMA_CHANGES, DEFINITIONS)
