"""Names of fields: what is personal by its name, however the name is written, and what only looks like it."""

import pytest

from huggy_connector.catalogue import get_resource
from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.privacy.field_names import normalize, split_words
from huggy_connector.settings import Settings

CONTACTS = get_resource("contacts")
DEFAULT = PrivacyPolicy.from_settings(Settings.resolve(environ={}))

MASKED = [
    "email", "Email", "E-MAIL", "e_mail", "eMail", "email_customer", "e_mail_customer", "e-mail do cliente",
    "email_2", "email2", "emails", "clienteEmail", "CLIENT_EMAIL", "emailCustomer", "é-mail", "Correo electrónico",
    "correo_", "phone_customer", "phones", "mobile_customer", "mobile_2", "Mobile Phone", "cellphone_", "whatsapp_",
    "WhatsApp", "whats_app_customer", "zap_", "telefone_", "telefone2", "Telefones", "teléfono_", "fone_residencial",
    "tel_customer", "cel_", "celular_", "Celulares", "móvil_customer", "fax_", "data de nascimento", "dt_nascimento",
    "dataNascimento", "fecha de nacimiento", "birth_date_customer", "date of birth", "birthday_", "aniversário",
    "cumpleaños_", "emailAddress", "ＥＭＡＩＬ_",
]  # fmt: skip
DROPPED = [
    "cpf_", "CPF/CNPJ", "cpf_customer", "CPFs", "cpfDoCliente", "numeroCPF", "cnpj_empresa", "RG", "rg_customer",
    "RG_2", "R.G.", "cnh_customer", "documento_", "Documentos", "tipo de documento", "cep_", "CEP", "cepCustomer",
    "cep_2", "ceps", "zip_code_customer", "Zip-Code", "código postal", "endereço", "Endereço_", "endereco_customer",
    "enderecoEntrega", "ENDEREÇO COMPLETO", "dirección_", "domicilio", "logradouro_", "rua_customer", "passaporte_",
    "passport_number", "pasaporte", "DNI", "cédula_", "CUIT", "rut_customer", "address_2", "home address",
]  # fmt: skip
KEPT = [
    "plano_customer", "recep_", "recepcao", "aceptacion", "concepto", "mobilehome", "emailing", "target", "carga",
    "energia", "largura", "argumento", "macete", "microfone", "prazo", "zapata", "obs", "rotulo", "telhado", "cela",
    "excelente", "hotel", "motel_", "cartel", "faxina", "struct", "verdade", "bairro_", "nome_customer", "phoneId",
    "whatsapp_id", "correio", "Grupo", "dnieper", "ctpsx",
]  # fmt: skip


@pytest.mark.parametrize("within", ["custom_fields", "customFields", "brand_new"])
@pytest.mark.parametrize(
    ("names", "written"),
    [
        (MASKED, dict.fromkeys(MASKED, "A*** B***")),
        (DROPPED, {}),
        (KEPT, dict.fromkeys(KEPT, "Ana Bia")),
    ],
    ids=["masked", "dropped", "kept"],
)
def test_the_default_rules_recognise_a_field_by_the_words_of_its_name(
    within: str, names: list[str], written: dict[str, str]
) -> None:
    row = {within: dict.fromkeys(names, "Ana Bia")}
    assert DEFAULT.apply(CONTACTS, row) == ({within: written} if written else {})


@pytest.mark.parametrize("name", [*MASKED, *DROPPED])
def test_the_default_rules_also_recognise_a_field_at_the_top_of_a_row(name: str) -> None:
    assert DEFAULT.apply(CONTACTS, {"id": 1, name: "Ana Bia"}) in ({"id": 1}, {"id": 1, name: "A*** B***"})


def test_a_word_rule_never_matches_a_name_of_the_catalogue() -> None:
    row = {"id": 1, "isEmail": True, "channel": "email", "type": "email", "senderType": "whatsapp"}
    assert DEFAULT.apply(get_resource("messages"), row) == row


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("CPFCliente2", ("cpf", "cliente", "2")),
        ("cpf_cliente-2", ("cpf", "cliente", "2")),
        ("Data de Nascimento", ("data", "de", "nascimento")),
        ("endereço.do/Cliente", ("endereco", "do", "cliente")),
        ("", ()),
        ("__", ()),
    ],
)
def test_a_name_is_split_into_words(name: str, found: tuple[str, ...]) -> None:
    assert split_words(name) == found


def test_case_accents_and_separators_make_no_difference() -> None:
    assert {normalize(name) for name in ("endereço", "ENDERECO", "En-de_re co", "endereço")} == {"endereco"}
