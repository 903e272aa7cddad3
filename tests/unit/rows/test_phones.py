"""Phone numbers in all their forms."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.rows.phones import normalize_phone, phone_forms

MOBILE = "5531987654321"


@pytest.mark.parametrize(
    "text",
    [
        "5531987654321",
        "553187654321",
        "31987654321",
        "3187654321",
        "+55 (31) 98765-4321",
        "+553187654321",
        "+55 (0) 31 98765-4321",
        "0055 31 98765-4321",
        "0 31 98765-4321",
        "0 21 31 98765-4321",
        "(31) 8765-4321",
        "31.98765.4321",
        "tel:+5531987654321",
        "  5531987654321\n",
        "５５３１９８７６５４３２１",
    ],
)
def test_a_mobile_number_is_one_number_however_it_is_written(text: str) -> None:
    assert normalize_phone(text) == MOBILE
    assert phone_forms(text) == {"5531987654321", "553187654321", "31987654321", "3187654321"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1155551234", "551155551234"),
        ("551155551234", "551155551234"),
        ("5598765432", "5555998765432"),
        ("555598765432", "5555998765432"),
        ("+1 415 555 2671", "14155552671"),
        ("14155552671", "14155552671"),
        ("351912345678", "351912345678"),
        ("00351912345678", "351912345678"),
        ("+44 20 7946 0958", "442079460958"),
        ("0800 123 4567", "558001234567"),
        ("5500900000001", "5500900000001"),
        ("550012345678", "5500912345678"),
        ("(00) 90000-0001", "5500900000001"),
    ],
)
def test_other_numbers_have_their_country_code(text: str, number: str) -> None:
    assert normalize_phone(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "98765-4321",
        "190",
        "***4321",
        "maria@cliente.example",
        "31 98765-4321 ramal 3",
        "1' OR '1'='1",
        "5" * 41,
        "+",
        "()",
        "99999999999999",
        "\x0031987654321",
    ],
)
def test_what_names_no_phone_is_none(text: str) -> None:
    assert normalize_phone(text) is None
    assert phone_forms(text) == set()


def test_a_fixed_line_and_the_mobile_number_that_ends_in_it_are_two_numbers() -> None:
    assert phone_forms("11 5555-1234") == {"1155551234", "551155551234"}
    assert phone_forms("11 95555-1234") == {"11955551234", "5511955551234"}


def test_a_number_of_another_country_has_one_form() -> None:
    assert phone_forms("+1 415 555 2671") == {"14155552671"}


@given(st.text(max_size=60))
@example("²31987654321")
@example("+0")
def test_any_text_is_read_or_refused(text: str) -> None:
    number = normalize_phone(text)
    assert number is None or (number.isascii() and number.isdigit())


@given(st.from_regex(r"55(?:[1-9][1-9]|00)9?[0-9]{8}", fullmatch=True))
@example("5500912345678")
@example("551155551234")
def test_each_form_with_the_country_code_is_the_same_number(text: str) -> None:
    number = normalize_phone(text)
    assert {normalize_phone(form) for form in phone_forms(text) if len(form) > len("31987654321")} == {number}


@given(st.from_regex(r"(?:11|21|31|47|55|85)9?[6-9][0-9]{7}", fullmatch=True))
def test_a_mobile_number_without_its_country_code_is_one_of_brazil(text: str) -> None:
    assert normalize_phone(text) == f"55{text[:2]}9{text[-8:]}"
