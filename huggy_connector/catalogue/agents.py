"""Agents: one row a human operator. Huggy: developers.huggy.io, API v3, `GET /agents`."""

from huggy_connector.catalogue.types import Column, Resource, Scalar, Text, only_v2, only_v3

AGENTS = Resource(
    name="agents",
    path="agents",
    comment=Text("One row an operator of the account.", "Uma linha por operador da conta."),
    history=True,
    columns=(
        Column("id", Scalar.BIGINT, ("id",), Text("Huggy's id of the agent.", "Id do agente na Huggy.")),
        Column("name", Scalar.VARCHAR, ("name",), Text("Name.", "Nome."), personal="name"),
        Column("email", Scalar.VARCHAR, ("email",), Text("E-mail address.", "E-mail."), personal="email"),
        Column("mobile", Scalar.VARCHAR, ("mobile",), only_v3("Mobile number.", "Celular."), personal="phone"),
        Column("phone", Scalar.VARCHAR, ("phone",), Text("Telephone.", "Telefone."), personal="phone"),
        Column(
            "photo",
            Scalar.VARCHAR,
            ("photo", "photo_url"),
            only_v3("Address of the photo.", "Endereço da foto."),
            tracked=False,
        ),
        Column("is_active", Scalar.BOOLEAN, ("isActive", "active"), Text("The account is active.", "Conta ativa.")),
        Column(
            "type",
            Scalar.INTEGER,
            ("type",),
            only_v2("1 an agent, 2 a manager, 3 an administrator.", "1 agente, 2 gestor, 3 administrador."),
            tracked=False,
        ),
        Column(
            "login",
            Scalar.VARCHAR,
            ("login",),
            only_v2("The name for logging in, mostly the e-mail address.", "O nome de acesso, em geral o e-mail."),
            tracked=False,
            personal="email",
        ),
        Column(
            "is_online",
            Scalar.BOOLEAN,
            ("isOnline",),
            only_v3("Online when fetched.", "Online no momento da leitura."),
            tracked=False,
        ),
        Column(
            "is_available",
            Scalar.BOOLEAN,
            ("isAvailable",),
            only_v3("Available when fetched.", "Disponível no momento da leitura."),
            tracked=False,
        ),
        Column(
            "status_id",
            Scalar.BIGINT,
            ("statusID", "statusId"),
            only_v3("Chosen status, if any.", "Status escolhido, se houver."),
            tracked=False,
        ),
        Column(
            "status_type",
            Scalar.INTEGER,
            ("statusType",),
            only_v3("Kind of status when fetched.", "Tipo do status no momento da leitura."),
            tracked=False,
        ),
    ),
    ignored=frozenset({"smallPhotoUrl"}),
)
