"""The tables of the schema `meta`: what the warehouse knows about itself."""

from huggy_connector.catalogue import Text
from huggy_connector.warehouse.schema.meta_actions import ACTIONS
from huggy_connector.warehouse.schema.meta_restatements import PUBLISHED_FIGURES, RESTATEMENTS
from huggy_connector.warehouse.schema.table_spec import (
    COMPANY,
    RESOURCE,
    RUN_KEY,
    VERSION,
    TableColumn,
    column,
    meta_table,
)

SNAPSHOTS = meta_table(
    "snapshots",
    "One row a landed snapshot that was loaded.",
    "Uma linha por coleta (snapshot) carregada.",
    COMPANY,
    RESOURCE,
    TableColumn("run_key", "VARCHAR", Text("Its name in the landing.", "Seu nome na área de pouso (landing).")),
    column(
        "mode",
        "VARCHAR",
        "full, incremental, window, tombstones, ids (records that events touched) or events (what the webhook told).",
        "full, incremental, window, tombstones, ids (registros tocados por eventos) ou events (avisos do webhook).",
    ),
    column(
        "timezone",
        "VARCHAR",
        "The account's zone, in which its times were read.",
        "O fuso da conta, em que seus horários foram lidos.",
    ),
    column(
        "privacy",
        "VARCHAR",
        "Mark of the privacy rules that its rows are under in this file.",
        "Marca das regras de privacidade sob as quais suas linhas estão neste arquivo.",
    ),
    column("window_from", "VARCHAR", "Start of a window, inclusive.", "Início da janela, inclusive."),
    column("window_to", "VARCHAR", "End of a window, exclusive.", "Fim da janela, exclusive."),
    column(
        "started_at", "TIMESTAMPTZ", "First request of its first attempt.", "Primeira requisição da primeira tentativa."
    ),
    column("finished_at", "TIMESTAMPTZ", "When it was published in the landing.", "Quando foi publicada."),
    column("rows", "BIGINT", "Rows in it.", "Linhas nela."),
    column("unique_ids", "BIGINT", "Distinct ids in it.", "Ids distintos nela."),
    column("pages", "BIGINT", "Pages read.", "Páginas lidas."),
    column("requests", "BIGINT", "Requests sent.", "Requisições enviadas."),
    column("retries", "BIGINT", "Requests sent again.", "Requisições repetidas."),
    column(
        "exact",
        "BOOLEAN",
        "No row that existed throughout is missing, of what the certificate's scope names: the list, or its head (new"
        " rows and open records) in an incremental run.",
        "Nenhuma linha existente durante a leitura falta, dentro do scope do certificado: a lista (list), ou o começo"
        " dela (head: linhas novas e abertas) em uma leitura incremental.",
    ),
    column(
        "missing_at_most",
        "BIGINT",
        "Where it is not exact: the most rows that can be missing; NULL where there is no bound.",
        "Quando não é exata: o máximo de linhas que podem faltar; NULL se não há limite.",
    ),
    column("certificate", "JSON", "What the walk vouches for, in full.", "O que a leitura garante, por inteiro."),
    key=("company_id", "resource", "run_key"),
)

LOADS = meta_table(
    "loads",
    "One row a load of a snapshot: fetched = kept + doubled + rejected.",
    "Uma linha por carga de uma coleta: fetched = kept + doubled + rejected.",
    VERSION,
    COMPANY,
    RESOURCE,
    TableColumn("run_key", "VARCHAR", RUN_KEY),
    column("loaded_at", "TIMESTAMPTZ", "When it was loaded.", "Quando foi carregada."),
    column("fetched", "BIGINT", "Rows in the snapshot.", "Linhas na coleta."),
    column("kept", "BIGINT", "Rows that remain, one an id.", "Linhas que ficam, uma por id."),
    column(
        "doubled",
        "BIGINT",
        "Rows whose id came again in the same snapshot.",
        "Linhas cujo id se repetiu na mesma coleta.",
    ),
    column(
        "rejected",
        "BIGINT",
        "Rows without a readable id: in meta.rejects only.",
        "Linhas sem id legível: só em meta.rejects.",
    ),
    column("connector_version", "VARCHAR", "The huggy-connector that loaded it.", "O huggy-connector que a carregou."),
    key=("company_id", "resource", "run_key"),
)

FRESHNESS = meta_table(
    "freshness",
    "One row a table and company: how much it holds and how new that is.",
    "Uma linha por tabela e conta: quanto contém e quão recente é.",
    COMPANY,
    RESOURCE,
    column("rows", "BIGINT", "Rows in the table.", "Linhas na tabela."),
    column("newest_created_at", "TIMESTAMPTZ", "Newest creation.", "Criação mais recente."),
    column("newest_updated_at", "TIMESTAMPTZ", "Newest change.", "Alteração mais recente."),
    column("newest_fetched_at", "TIMESTAMPTZ", "Last row read from the API.", "Última linha lida da API."),
    column("last_snapshot", "VARCHAR", "The snapshot that started last.", "A coleta que começou por último."),
    column("last_snapshot_started_at", "TIMESTAMPTZ", "When it started.", "Quando começou."),
    column("last_snapshot_exact", "BOOLEAN", "Whether it is exact.", "Se é exata."),
    column("published_at", "TIMESTAMPTZ", "When this file was published.", "Quando este arquivo foi publicado."),
    key=("company_id", "resource"),
)

REJECTS = meta_table(
    "rejects",
    "One row a value that could not be read: it is NULL in its table. The value itself is only in the landing.",
    "Uma linha por valor ilegível: é NULL na tabela. O valor em si está só na área de pouso.",
    COMPANY,
    RESOURCE,
    column("id", "BIGINT", "The row; NULL where its id could not be read.", "A linha; NULL se o id não pôde ser lido."),
    column("column_name", "VARCHAR", "The column that is NULL instead.", "A coluna que ficou NULL."),
    column("reason", "VARCHAR", "Why it could not be read.", "Por que não pôde ser lido."),
    TableColumn("run_key", "VARCHAR", RUN_KEY),
    column("fetched_at", "TIMESTAMPTZ", "When it was read from the API.", "Quando foi lido da API."),
)

QUALITY = meta_table(
    "quality",
    "One row a check of a publish. A check of level stop that fails publishes nothing, so it is not found here.",
    "Uma linha por verificação de uma publicação. Uma verificação de nível stop que falha não publica nada.",
    VERSION,
    column("check_name", "VARCHAR", "What was checked.", "O que foi verificado."),
    TableColumn("table_name", "VARCHAR", Text("The table.", "A tabela.")),
    column("level", "VARCHAR", "warn or stop.", "warn ou stop."),
    column("passed", "BOOLEAN", "Whether it holds.", "Se foi atendida."),
    column("detail", "VARCHAR", "What was found, in counts.", "O que foi encontrado, em contagens."),
)

SCHEMA_CHANGES = meta_table(
    "schema_changes",
    "Fields that the API began to send (their values are in `extra`) and columns that the connector added.",
    "Campos que a API passou a enviar (valores em `extra`) e colunas que o conector acrescentou.",
    COMPANY,
    RESOURCE,
    column(
        "kind",
        "VARCHAR",
        "field (seen in the API) or column (added here).",
        "field (visto na API) ou column (criada aqui).",
    ),
    column("field", "VARCHAR", "Its name.", "Seu nome."),
    column("type", "VARCHAR", "Its type in JSON, or the column's.", "Seu tipo em JSON, ou o da coluna."),
    column("first_run_key", "VARCHAR", "The first snapshot that had it.", "A primeira coleta que o trouxe."),
    column("first_seen_at", "TIMESTAMPTZ", "When it was first read or added.", "Quando foi lido ou criado."),
    column("last_seen_at", "TIMESTAMPTZ", "When it was last read.", "Última leitura."),
    column("rows", "BIGINT", "Rows of all snapshots that had it.", "Linhas de todas as coletas que o trouxeram."),
    key=("company_id", "resource", "kind", "field", "type"),
)

PERSONAL = meta_table(
    "personal_data",
    "One row a field of a snapshot and kind of personal data that its values gave away, though no rule names the field."
    " They are not written as they came: see docs/privacy.md. Never a value.",
    "Uma linha por campo de uma coleta e tipo de dado pessoal que seus valores revelam, embora nenhuma regra cite o"
    " campo. Não são gravados como vieram: veja docs/privacy.md. Nunca um valor.",
    COMPANY,
    RESOURCE,
    TableColumn("run_key", "VARCHAR", RUN_KEY),
    column("field", "VARCHAR", "Where they were, with dots between keys.", "Onde estavam, com pontos entre as chaves."),
    column(
        "kind",
        "VARCHAR",
        "email, cpf, cnpj, cep or phone; misplaced for text where an object or a list is due.",
        "email, cpf, cnpj, cep ou phone; misplaced para texto onde se espera objeto ou lista.",
    ),
    column("found", "BIGINT", "How many, in all rows of the snapshot.", "Quantos, em todas as linhas da coleta."),
    key=("company_id", "resource", "run_key", "field", "kind"),
)

TOMBSTONES = meta_table(
    "tombstones",
    "One row an answer to a request for a single row that was missing: 404, or that it is there after all.",
    "Uma linha por resposta ao pedido de uma linha que faltava: 404, ou que ela existe.",
    COMPANY,
    RESOURCE,
    column("id", "BIGINT", "The row that was asked for.", "A linha pedida."),
    column("fetched_at", "TIMESTAMPTZ", "When it was answered.", "Quando foi respondido."),
    column("gone", "BOOLEAN", "True for a 404.", "True para um 404."),
    TableColumn("run_key", "VARCHAR", RUN_KEY),
)

PUBLISHES = meta_table(
    "publishes",
    "One row a publish of this file; the last one is what you are reading.",
    "Uma linha por publicação deste arquivo; a última é a que você está lendo.",
    column("version", "BIGINT", "1, 2, 3 ...", "1, 2, 3 ..."),
    column("published_at", "TIMESTAMPTZ", "When.", "Quando."),
    column("reason", "VARCHAR", "What made it, such as load.", "O que a causou, como load."),
    column("snapshots", "BIGINT", "Snapshots that it loaded.", "Coletas que carregou."),
    column("rows_changed", "BIGINT", "Rows that are new or have changed.", "Linhas novas ou alteradas."),
    column("format_version", "INTEGER", "Version of this file's layout.", "Versão do formato deste arquivo."),
    column("connector_version", "VARCHAR", "The huggy-connector that wrote it.", "O huggy-connector que o escreveu."),
    column("duckdb_version", "VARCHAR", "The DuckDB that wrote it.", "O DuckDB que o escreveu."),
    key=("version",),
)

DEFINITIONS = meta_table(
    "definitions",
    "One row a view or mart: by what it was made.",
    "Uma linha por view ou mart: a partir do que foi feito.",
    column("name", "VARCHAR", "The view or mart.", "A view ou o mart."),
    column(
        "fingerprint",
        "VARCHAR",
        "Of its definition and its calendar: where it is another, all of it is made again.",
        "Da definição e do calendário: se muda, tudo é refeito.",
    ),
    key=("name",),
)

COVERAGE = meta_table(
    "coverage",
    "One row a span of time and what is known of it: whether all that happened is in this file.",
    "Uma linha por período e o que se sabe dele: se tudo o que aconteceu está neste arquivo.",
    COMPANY,
    column("source", "VARCHAR", "webhook or poll.", "webhook ou poll (leitura da API)."),
    column(
        "kind",
        "VARCHAR",
        "covered, hole (events may be lost), or healed (a hole whose changes a poll has read since).",
        "covered (coberto), hole (pode haver eventos perdidos) ou healed (lacuna que uma leitura da API sanou).",
    ),
    column("from_at", "TIMESTAMPTZ", "Start of the span.", "Início do período."),
    column("to_at", "TIMESTAMPTZ", "End of the span.", "Fim do período."),
    column("reason", "VARCHAR", "How that is known.", "Como se sabe disso."),
    key=("company_id", "source", "from_at", "kind", "reason"),
)

PROFILES = meta_table(
    "profiles",
    "One row a column of a table and company: its NULLs, its range and its most common values, as last counted. Counted"
    " by a load that changed the table, at most once in 20 hours. Never personal data.",
    "Uma linha por coluna de uma tabela e conta: seus NULLs, sua faixa e seus valores mais comuns, na última contagem."
    " Contada por uma carga que mudou a tabela, no máximo uma vez a cada 20 horas. Nunca dados pessoais.",
    COMPANY,
    RESOURCE,
    column("column_name", "VARCHAR", "The column.", "A coluna."),
    column("rows", "BIGINT", "Rows of the table, of this company.", "Linhas da tabela, desta conta."),
    column("nulls", "BIGINT", "Rows in which it is NULL.", "Linhas em que é NULL."),
    column("null_share", "DOUBLE", "nulls / rows.", "nulls / rows."),
    column(
        "distinct_values",
        "BIGINT",
        "How many values it has, give or take a few percent; NULL for JSON and lists.",
        "Quantos valores tem, com erro de alguns por cento; NULL em JSON e listas.",
    ),
    column(
        "min_value",
        "VARCHAR",
        "The lowest number or the first time, as text (instants in UTC); NULL for ids, texts and personal data.",
        "O menor número ou a primeira hora, como texto (instantes em UTC); NULL em ids, textos e dados pessoais.",
    ),
    column("max_value", "VARCHAR", "The highest, likewise.", "O maior, do mesmo modo."),
    column(
        "common_values",
        "JSON",
        "The 20 most common values with their rows, if at least 5 rows have it; NULL for ids, times and personal data.",
        "Os 20 valores mais comuns com suas linhas, se ao menos 5 o têm; NULL em ids, horas e dados pessoais.",
    ),
    column("profiled_at", "TIMESTAMPTZ", "When it was counted.", "Quando foi contada."),
    key=("company_id", "resource", "column_name"),
)

META = (
    *(PUBLISHES, SNAPSHOTS, LOADS, FRESHNESS, REJECTS, PERSONAL, TOMBSTONES, QUALITY, SCHEMA_CHANGES, DEFINITIONS),
    *(COVERAGE, ACTIONS, PROFILES, PUBLISHED_FIGURES, RESTATEMENTS),
)
