"""Agents: one row a human operator. Huggy: developers.huggy.io, API v3, `GET /agents`."""

from huggy_connector.catalogue.types import Column, Resource, Scalar, Text

AGENTS = Resource(
    name="agents",
    path="agents",
    comment=Text("One row an operator of the account.", "Uma linha por operador da conta."),
    history=True,
    columns=(
        Column("id", Scalar.BIGINT, ("id",), Text("Huggy's id of the agent.", "Id do agente na Huggy.")),
        Column("name", Scalar.VARCHAR, ("name",), Text("Name.", "Nome."), personal="name"),
        Column("email", Scalar.VARCHAR, ("email",), Text("E-mail address.", "E-mail."), personal="email"),
        Column("mobile", Scalar.VARCHAR, ("mobile",), Text("Mobile number.", "Celular."), personal="phone"),
        Column("phone", Scalar.VARCHAR, ("phone",), Text("Telephone.", "Telefone."), personal="phone"),
        Column(
            "photo",
            Scalar.VARCHAR,
            ("photo", "photo_url"),
            Text("Address of the photo.", "Endereço da foto."),
            tracked=False,
        ),
        Column("is_active", Scalar.BOOLEAN, ("isActive",), Text("The account is active.", "Conta ativa.")),
        Column(
            "is_online",
            Scalar.BOOLEAN,
            ("isOnline",),
            Text("Online when fetched.", "Online no momento da leitura."),
            tracked=False,
        ),
        Column(
            "is_available",
            Scalar.BOOLEAN,
            ("isAvailable",),
            Text("Available when fetched.", "Disponível no momento da leitura."),
            tracked=False,
        ),
        Column(
            "status_id",
            Scalar.BIGINT,
            ("statusID", "statusId"),
            Text("Chosen status, if any.", "Status escolhido, se houver."),
            tracked=False,
        ),
        Column(
            "status_type",
            Scalar.INTEGER,
            ("statusType",),
            Text("Kind of status when fetched.", "Tipo do status no momento da leitura."),
            tracked=False,
        ),
    ),
    ignored=frozenset({"smallPhotoUrl"}),
)
