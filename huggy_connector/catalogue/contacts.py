"""Contacts: one row a customer. Huggy: developers.huggy.io, API v3, `GET /contacts`."""

from huggy_connector.catalogue.types import (
    Column,
    Embedded,
    Field,
    ListOf,
    Resource,
    Scalar,
    Struct,
    Text,
    only_v2,
    only_v3,
)

_NAMED = ListOf(Struct((Field("id", Scalar.BIGINT, "id"), Field("name", Scalar.VARCHAR, "name"))))

CONTACTS = Resource(
    name="contacts",
    path="contacts",
    comment=Text("One row a customer.", "Uma linha por cliente (contato)."),
    history=True,
    embedded=Embedded(
        "chats", "customer", ("name", "email", "mobile", "phone", "photo", "custom_fields", "organizations", "groups")
    ),
    columns=(
        Column("id", Scalar.BIGINT, ("id",), Text("Huggy's id of the contact.", "Id do contato na Huggy.")),
        Column("name", Scalar.VARCHAR, ("name",), Text("Name.", "Nome."), personal="name"),
        Column("email", Scalar.VARCHAR, ("email",), Text("E-mail address.", "Endereço de e-mail."), personal="email"),
        Column(
            "mobile",
            Scalar.VARCHAR,
            ("mobile",),
            Text(
                "Mobile number, digits with country code; the ninth digit may be missing: do not join on it.",
                "Celular, dígitos com código do país; o nono dígito pode faltar: não use como chave.",
            ),
            personal="phone",
        ),
        Column("phone", Scalar.VARCHAR, ("phone",), Text("Telephone, digits.", "Telefone, dígitos."), personal="phone"),
        Column("address", Scalar.VARCHAR, ("address",), only_v3("Street address.", "Endereço."), personal="address"),
        Column("district", Scalar.VARCHAR, ("district",), only_v3("District.", "Bairro.")),
        Column("city", Scalar.VARCHAR, ("city",), only_v3("City.", "Cidade.")),
        Column("state", Scalar.VARCHAR, ("state",), only_v3("State.", "Estado (UF).")),
        Column("zip_code", Scalar.VARCHAR, ("zipCode",), only_v3("Postal code.", "CEP.")),
        Column(
            "photo", Scalar.VARCHAR, ("photo",), only_v3("Address of the photo.", "Endereço da foto."), tracked=False
        ),
        Column(
            "birth_date",
            Scalar.DATE,
            ("birthDate", "birthday"),
            Text("Date of birth.", "Data de nascimento."),
            personal="date",
        ),
        Column(
            "last_seen_at",
            Scalar.INSTANT,
            ("lastSeen",),
            only_v3("Last seen by Huggy.", "Visto pela última vez."),
            tracked=False,
        ),
        Column("status", Scalar.INTEGER, ("status",), only_v3("1 is active.", "1 é ativo.")),
        Column(
            "custom_fields",
            Scalar.JSON,
            ("custom_fields", "customFields"),
            Text(
                "The account's own fields, as an object; NULL when there is none.",
                "Os campos personalizados da conta, como objeto; NULL quando não há.",
            ),
            personal="document",
        ),
        Column(
            "channels",
            Scalar.JSON,
            ("channels",),
            only_v2(
                "Over which kinds of channel the contact can be reached: true or false by kind.",
                "Por quais tipos de canal o contato pode ser alcançado: true ou false por tipo.",
            ),
            tracked=False,
        ),
        Column("organizations", _NAMED, ("organizations",), only_v3("Organizations.", "Organizações.")),
        Column("groups", _NAMED, ("groups",), only_v3("Groups.", "Grupos.")),
        Column(
            "created_at",
            Scalar.INSTANT,
            ("createdAt",),
            Text(
                "Created; NULL where the account's API does not give it.",
                "Criação; NULL onde a API da conta não a informa.",
            ),
        ),
        Column(
            "updated_at",
            Scalar.INSTANT,
            ("updatedAt",),
            Text(
                "Last change; NULL where the account's API does not give it.",
                "Última alteração; NULL onde a API da conta não a informa.",
            ),
            tracked=False,
        ),
    ),
)
