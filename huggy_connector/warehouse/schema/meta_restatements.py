"""The tables meta.published_figures and meta.restatements: what was published of past days, and what changed since."""

from huggy_connector.warehouse.schema.table_spec import COMPANY, VERSION, column, meta_table

PUBLISHED_FIGURES = meta_table(
    "published_figures",
    "One row a company and local day: its figures of marts.backlog_by_day over all channels and departments, as they"
    " were last published. The next publish is compared with them.",
    "Uma linha por conta e dia local: seus números de marts.backlog_by_day somados todos os canais e departamentos,"
    " como na última publicação. A publicação seguinte é comparada a eles.",
    COMPANY,
    column("day", "DATE", "The local day.", "O dia local."),
    column("opened", "BIGINT", "Chats opened, or opened again.", "Atendimentos iniciados ou reabertos."),
    column("reopened", "BIGINT", "Of opened, those opened again.", "De opened, os reabertos."),
    column("closed", "BIGINT", "Chats closed.", "Atendimentos encerrados."),
    column("deleted", "BIGINT", "Open chats that were deleted.", "Atendimentos abertos excluídos."),
    column("backlog", "BIGINT", "Chats open at its end.", "Atendimentos em aberto ao fim do dia."),
    column(
        "is_over",
        "BOOLEAN",
        "The day was over at the last landing, so that its figures are final unless meta.restatements says so.",
        "O dia já tinha terminado na última coleta: seus números são finais, salvo aviso em meta.restatements.",
    ),
    key=("company_id", "day"),
)

RESTATEMENTS = meta_table(
    "restatements",
    "One row a figure of a day that was over, or of several days in a row, that a later publish changed: by how much,"
    " and why.",
    "Uma linha por número de um dia já terminado, ou de vários dias seguidos, que uma publicação posterior mudou:"
    " quanto e por quê.",
    VERSION,
    column("published_at", "TIMESTAMPTZ", "When it was published.", "Quando foi publicada."),
    COMPANY,
    column(
        "figure",
        "VARCHAR",
        "opened, reopened, closed, deleted or backlog: the column of marts.backlog_by_day, over all channels and"
        " departments. Or a metric of marts.sla_by_day with its verdict, such as first_response_met. Or service_level:"
        " all verdicts were computed anew.",
        "opened, reopened, closed, deleted ou backlog: a coluna de marts.backlog_by_day, somados todos os canais e"
        " departamentos. Ou uma métrica de marts.sla_by_day com o veredito, como first_response_met. Ou service_level:"
        " todos os vereditos foram recalculados.",
    ),
    column("from_day", "DATE", "First of the local days.", "Primeiro dos dias locais."),
    column(
        "to_day",
        "DATE",
        "Last of them: a late closing changes the backlog of each day until it was known.",
        "Último deles: um encerramento tardio muda o backlog de cada dia até ser conhecido.",
    ),
    column(
        "before",
        "BIGINT",
        "The figure of from_day before; of a verdict, what it would be now without the change. NULL without one.",
        "O número de from_day antes; de um veredito, o que seria agora sem a mudança. NULL se não havia.",
    ),
    column(
        "after",
        "BIGINT",
        "The figure of from_day since then; NULL if a rollback took the day back.",
        "O número de from_day desde então; NULL se uma reversão (rollback) retirou o dia.",
    ),
    column(
        "change",
        "BIGINT",
        "after - before, the same on each of the days.",
        "after - before, igual em cada um dos dias.",
    ),
    column(
        "reason",
        "VARCHAR",
        "late_chat (the file had it not yet), late_change (a closing, or another change, read later), deletion,"
        " correction (another opening), forget, rollback, rebuild, definition (of a release or calendar). Several with"
        " commas.",
        "late_chat (ainda não estava no arquivo), late_change (encerramento ou outra mudança lida depois), deletion,"
        " correction (outra abertura), forget, rollback, rebuild, definition (de versão do conector ou calendário)."
        " Várias, com vírgulas.",
    ),
    column(
        "chats",
        "BIGINT",
        "Chats that changed it on from_day; NULL where all was made anew.",
        "Atendimentos que o mudaram em from_day; NULL se tudo foi refeito.",
    ),
    column(
        "snapshot",
        "VARCHAR",
        "The snapshot that these chats came in: meta.snapshots.run_key; NULL if several.",
        "A coleta em que esses atendimentos vieram: meta.snapshots.run_key; NULL se várias.",
    ),
)
