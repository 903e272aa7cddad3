"""The table meta.actions: what was written to Huggy, as the ledger tells it."""

from huggy_connector.warehouse.schema.table_spec import COMPANY, column, meta_table

ACTIONS = meta_table(
    "actions",
    "One row an attempt of an action (a write to Huggy), and one a row of a campaign that waits or was left out. No"
    " message text.",
    "Uma linha por tentativa de uma ação (uma escrita na Huggy), e uma por linha de campanha que espera ou foi deixada"
    " de fora. Sem o texto das mensagens.",
    COMPANY,
    column("campaign", "VARCHAR", "The campaign.", "A campanha."),
    column("action", "VARCHAR", "What is done, such as close_chat.", "O que se faz, como close_chat."),
    column(
        "target",
        "VARCHAR",
        "To what: chat:700001, contact:800001; phones and e-mails as hashes; of forgotten people the kind alone.",
        "Em quê: chat:700001, contact:800001; telefones e e-mails como hashes; de pessoas esquecidas, só o tipo.",
    ),
    column(
        "attempt",
        "INTEGER",
        "1, 2, 3 ...; 0: the row waits, or was left out.",
        "1, 2, 3 ...; 0: a linha espera, ou foi deixada de fora.",
    ),
    column(
        "purpose",
        "VARCHAR",
        "What it is for, such as a month: a target gets it once a purpose.",
        "Para que serve, como um mês: cada alvo a recebe uma vez por finalidade.",
    ),
    column(
        "state",
        "VARCHAR",
        "planned, claimed (its request is on its way), sent, confirmed (reading back shows it), refused, skipped (a"
        " rule left it out), unknown (it may be done: nobody sends it again) or not_sent (the attempt did nothing).",
        "planned, claimed (requisição a caminho), sent, confirmed (a leitura de volta mostra), refused (recusada),"
        " skipped (uma regra a deixou de fora), unknown (pode ter sido feita: ninguém a envia de novo) ou not_sent (a"
        " tentativa nada fez).",
    ),
    column(
        "reason",
        "VARCHAR",
        "Why it is refused, skipped or unknown.",
        "Por que foi recusada, deixada de fora ou é desconhecida.",
    ),
    column("contact_id", "BIGINT", "The person, if it is known.", "A pessoa, se conhecida."),
    column("chat_id", "BIGINT", "The chat: of the target or of the answer.", "O chat: do alvo ou da resposta."),
    column("message_id", "BIGINT", "The message that Huggy made of it.", "A mensagem que a Huggy criou."),
    column("asked_by", "VARCHAR", "Who began the campaign.", "Quem iniciou a campanha."),
    column("claimed_at", "TIMESTAMPTZ", "When its request was to leave.", "Quando a requisição ia sair."),
    column("settled_at", "TIMESTAMPTZ", "When its outcome was known.", "Quando o resultado ficou conhecido."),
    column("ledger", "VARCHAR", "The ledger that tells of it.", "O ledger que a registra."),
)
