"""Contacts: one row a customer. Huggy: developers.huggy.io, API v3, `GET /contacts`."""

from huggy_connector.catalogue.types import Column, Embedded, Field, ListOf, Resource, Scalar, Struct, Text

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
        Column("address", Scalar.VARCHAR, ("address",), Text("Street address.", "Endereço."), personal="address"),
        Column("district", Scalar.VARCHAR, ("district",), Text("District.", "Bairro.")),
        Column("city", Scalar.VARCHAR, ("city",), Text("City.", "Cidade.")),
        Column("state", Scalar.VARCHAR, ("state",), Text("State.", "Estado (UF).")),
        Column("zip_code", Scalar.VARCHAR, ("zipCode",), Text("Postal code.", "CEP.")),
        Column("photo", Scalar.VARCHAR, ("photo",), Text("Address of the photo.", "Endereço da foto."), tracked=False),
        Column(
            "birth_date", Scalar.DATE, ("birthDate",), Text("Date of birth.", "Data de nascimento."), personal="date"
        ),
        Column(
            "last_seen_at",
            Scalar.INSTANT,
            ("lastSeen",),
            Text("Last seen by Huggy.", "Visto pela última vez."),
            tracked=False,
        ),
        Column("status", Scalar.INTEGER, ("status",), Text("1 is active.", "1 é ativo.")),
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
        Column("organizations", _NAMED, ("organizations",), Text("Organizations.", "Organizações.")),
        Column("groups", _NAMED, ("groups",), Text("Groups.", "Grupos.")),
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
