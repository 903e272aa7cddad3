"""Creates a contact: POST /contacts."""

from huggy_connector.catalogue.actions.types import Action, ActionField, Effect, FieldKind, Target
from huggy_connector.catalogue.types import Text

CREATE_CONTACT = Action(
    name="create_contact",
    target=Target.NEW_CONTACT,
    effect=Effect.CREATE,
    comment=Text(
        "Creates a contact, unless one has that phone or e-mail.",
        "Cria um contato, se nenhum tiver esse telefone ou e-mail.",
    ),
    risk=Text(
        "A phone that is written in another way makes a second contact of the same person.",
        "Um telefone escrito de outro jeito cria um segundo contato da mesma pessoa.",
    ),
    fields=(
        ActionField("name", FieldKind.TEXT, Text("Name.", "Nome."), personal="name"),
        ActionField(
            "mobile",
            FieldKind.TEXT,
            Text("Mobile phone, digits only, with 55 and the area code.", "Celular, só dígitos, com 55 e DDD."),
            personal="phone",
        ),
        ActionField(
            "phone",
            FieldKind.TEXT,
            Text("Other phone, in the same form.", "Outro telefone, na mesma forma."),
            personal="phone",
        ),
        ActionField("email", FieldKind.TEXT, Text("E-mail address.", "Endereço de e-mail."), personal="email"),
        ActionField("address", FieldKind.TEXT, Text("Street and number.", "Rua e número."), personal="address"),
        ActionField("district", FieldKind.TEXT, Text("District.", "Bairro."), personal="address"),
        ActionField("city", FieldKind.TEXT, Text("City.", "Cidade."), personal="address"),
        ActionField("state", FieldKind.TEXT, Text("State.", "Estado."), personal="address"),
        ActionField("obs", FieldKind.TEXT, Text("Remarks.", "Observações."), personal="text"),
        ActionField(
            "custom_fields",
            FieldKind.JSON,
            Text(
                "Custom fields by their keys, an object; or columns custom_<key>.",
                "Campos personalizados por chave, um objeto; ou colunas custom_<chave>.",
            ),
            personal="text",
            prefix="custom_",
        ),
    ),
)
