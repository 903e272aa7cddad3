"""The fields of a contact that an action can write."""

from huggy_connector.catalogue.actions.types import ActionField, FieldKind
from huggy_connector.catalogue.types import Text

CONTACT_FIELDS = (
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
)
