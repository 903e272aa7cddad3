"""Personal data that a value shows by itself: e-mail, CPF, CNPJ, CEP and phones, and what only looks like them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum.br import cnpj, cpf

from huggy_connector.privacy.detectors import find_personal_data, is_plain, mask_personal_data
from huggy_connector.privacy.policy import parse_nested_json

PERSONAL = [
    ("maria.s+loja@cliente.example", "email", "m***@cliente.example"),
    ("joão@exemplo.com.br", "email", "j***@exemplo.com.br"),
    ("maria..silva@gmail.com", "email", "m***@gmail.com"),
    ("escreva para <ana@x.com.br>, obrigada", "email", "escreva para <a***@x.com.br>, obrigada"),
    ("https://x.example/?e=ana@x.com.br", "email", "https://x.example/?e=a***@x.com.br"),
    ("5511912345678@s.whatsapp.net", "email", "5***@s.whatsapp.net"),
    ("529.982.247-25", "cpf", "***4725"),
    ("52998224725", "cpf", "***4725"),
    ("529982247-25", "cpf", "***4725"),
    ("529 982 247 25", "cpf", "***4725"),
    ("529.982.247/25", "cpf", "***4725"),
    ("529.982.247-26", "cpf", "***4726"),
    ("CPF52998224725", "cpf", "CPF***4725"),
    ("meu cpf é nº52998224725.", "cpf", "meu cpf é nº***4725."),
    ("529.982.247–25", "cpf", "5***"),
    ("٥٢٩٩٨٢٢٤٧٢٥", "cpf", "٥***"),
    ("11.222.333/0001-81", "cnpj", "***0181"),
    ("11222333000181", "cnpj", "***0181"),
    ("11222333/0001-81", "cnpj", "***0181"),
    ("12.ABC.345/01DE-35", "cnpj", "1***"),
    ("12ABC34501DE35", "cnpj", "1***"),
    ("12.abc.345/01de-35", "cnpj", "1***"),
    ("01310-100", "cep", "***0100"),
    ("01.310-100", "cep", "***0100"),
    ("Av. Paulista, CEP 01310100", "cep", "Av. Paulista, CEP ***0100"),
    ("cep:01310100", "cep", "cep:***0100"),
    ("5511912345678", "phone", "***5678"),
    ("+55 (11) 91234-5678", "phone", "***5678"),
    ("(11) 3333-4444", "phone", "***4444"),
    ("11912345678", "phone", "***5678"),
    ("1133334444", "phone", "***4444"),
    ("11 91234 5678", "phone", "***5678"),
    ("011 91234-5678", "phone", "***5678"),
    ("91234-5678", "phone", "***5678"),
    ("(00) 91234-5678", "phone", "***5678"),
    ("+55 00 91234-5678", "phone", "***5678"),
    ("me ligue: 11-91234-5678!", "phone", "me ligue: ***5678!"),
    ("+34 612 345 678", "phone", "***5678"),
]
NOT_PERSONAL = [
    "", "Maria da Silva", "@maria", "ana@", "2025-03-10 13:58:41", "2025-03-10T13:58:41.123456+00:00",
    "10/03/2025 13:58", "2025/03/10 13:58:41", "192.168.100.101", "-23.550520, -46.633308", "-46.63330812",
    "R$ 1.234.567,89", "00000000-0000-4000-8000-0000000000aa", "52998224726", "11222333000182", "12ABC34501DE36",
    "abcdefghijkl12", "01310100", "receptor 01310100", "20250310123456", "1234567890123456789012",
    "4111 1111 1111 1111", "0800 722 3344", "3333-4444", "12345", "pedido 12345678901", "w11912345678x",
    "a52998224725b", "d41d8cd98f00b204e9800998ecf8427e", "wamid.HBgNNTUxMTkxMjM0NTY3OBUCABIYFjNFQjA",
    "m***@cliente.example", "***4725", "v1.2.3", "10-20-30",
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "written"), PERSONAL)
def test_personal_data_is_masked_and_the_rest_of_the_text_stays(text: str, kind: str, written: str) -> None:
    assert mask_personal_data(text) == (written, (kind,))


@pytest.mark.parametrize("text", NOT_PERSONAL)
def test_this_text_is_not_personal(text: str) -> None:
    assert mask_personal_data(text) == (text, ())


@given(st.text(st.sampled_from("0123456789.-/:+ @aZé×{[\n") | st.characters(), max_size=12) | st.datetimes().map(str))
@example("Não, obrigado")
@example("12345")
@example("2025-03-10T13:58:41.123456+00:00")
@example("{}")
@example("a\n9")
def test_in_a_plain_text_nothing_is_found_and_it_is_no_json(text: str) -> None:
    assert not is_plain(text) or (mask_personal_data(text), parse_nested_json(text)) == ((text, ()), None)


def test_words_times_and_a_few_digits_are_plain_and_nothing_personal_is() -> None:
    assert [*map(is_plain, ("Não, obrigado!", "2025-03-10 13:58:41", "2025-03-10T13:58:41Z", "12345"))] == [True] * 4
    assert not any(is_plain(text) for text, *_ in PERSONAL)


@pytest.mark.parametrize("text", ["52998224725", "11222333000181", "12ABC34501DE35", "5511912345678", "11912345678"])
def test_bare_digits_are_found_only_if_accepted(text: str) -> None:
    assert (len(find_personal_data(text)), find_personal_data(text, accept_bare_digits=False)) == (1, ())


def test_all_personal_data_in_a_text_is_found_in_order() -> None:
    text = "Sou Ana (CPF 529.982.247-25, CNPJ 12.ABC.345/01DE-35), 01310-100, ana@x.com.br ou 11 91234-5678"
    assert [each.kind.value for each in find_personal_data(text)] == ["cpf", "cnpj", "cep", "email", "phone"]
    assert mask_personal_data(text)[0] == "Sou Ana (CPF ***4725, CNPJ 1***), ***0100, a***@x.com.br ou ***5678"


digits = st.integers(min_value=0, max_value=9)


@given(st.lists(digits, min_size=9, max_size=9).filter(any))
def test_a_cpf_with_right_check_digits_is_found_and_bare_digits_with_wrong_ones_are_not(base: list[int]) -> None:
    first = "".join(map(str, base))
    right = first + cpf._calc_check_digits(first)
    wrong = first + f"{(int(right[-2:]) + 1) % 100:02}"
    assert ([len(find_personal_data(each)) for each in (right, cpf.format(right), cpf.format(wrong))]) == [1, 1, 1]
    assert "cpf" not in [each.kind for each in find_personal_data(wrong)]


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12).filter(lambda base: base.strip("0")))
@example("12ABC34501DE")
@example("112223330001")
def test_a_cnpj_with_right_check_digits_is_found(base: str) -> None:
    right = base + cnpj.calc_check_digits(base)
    texts = [cnpj.format(right), *([right] if any(map(str.isdigit, base)) else [])]
    assert [len(find_personal_data(each)) for each in texts] == [1] * len(texts)


@given(st.text(st.sampled_from("0123456789.-/()+ @abAB*\nçº–") | st.characters(), max_size=40))
@example("11 11 91234-5678 91234-5678")
@example("52998224725" * 3)
@example("a@b.co@c.co")
def test_nothing_is_found_in_a_masked_text_and_masking_it_again_changes_nothing(text: str) -> None:
    written, _ = mask_personal_data(text)
    assert (find_personal_data(written), mask_personal_data(written)) == ((), (written, ()))
