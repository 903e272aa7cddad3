"""The inputs of a flow's request: address, headers and body alike."""

from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.serve.flow.inputs import read_inputs
from huggy_connector.warehouse.flow.query_file import InvalidInput

JSON = (b"content-type", b"application/json")
PARTS = (b"content-type", b"multipart/form-data; boundary=b")
FORM_OF_PARTS = (
    b'--b\r\nContent-Disposition: form-data; name="phone"\r\n\r\n5531987654321\r\n'
    b'--b\r\nContent-Disposition: form-data; name="Contact-Id"\r\n\r\n\r\n--b--\r\n'
)


@pytest.mark.parametrize(
    ("query_string", "headers", "body"),
    [
        (b"phone=5531987654321", [], b""),
        (b"Phone=5531987654321&contact_id=", [], b""),
        (b"", [(b"x-huggy-phone", b" 5531987654321 ")], b""),
        (b"", [JSON], b'{"phone": "5531987654321"}'),
        (b"", [JSON], b' {"phone": 5531987654321, "email": null}'),
        (b"", [JSON], b'{"phone": 5531987654321.0}'),
        (b"", [], b'{"phone": "5531987654321"}'),
        (b"", [(b"content-type", b"application/x-www-form-urlencoded")], b"phone=5531987654321"),
        (b"", [], b"phone=5531987654321&email="),
        (b"", [PARTS], FORM_OF_PARTS),
        (b"phone=5531987654321", [(b"x-huggy-phone", b"5531987654321"), JSON], b'{"phone": "5531987654321"}'),
    ],
)
def test_an_input_is_the_same_wherever_it_stands(
    query_string: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    assert read_inputs(query_string, headers, body) == {"phone": "5531987654321"}


def test_a_name_may_have_hyphens_and_capitals_and_the_secret_is_no_input() -> None:
    headers = [(b"x-huggy-contact-id", b"7"), (b"x-huggy-secret", b"s"), (b"authorization", b"a")]
    assert read_inputs(b"", headers, b'{"Nome-Completo": "Jos\xc3\xa9"}') == {
        "contact_id": "7",
        "nome_completo": "José",
    }


@pytest.mark.parametrize(
    ("query_string", "body"),
    [
        (b"", b"{"),
        (b"", b"[]"),
        (b"", b'["phone"]'),
        (b"", b'{"phone": ["5531987654321"]}'),
        (b"", b'{"phone": {"a": 1}}'),
        (b"", b'{"phone": true}'),
        (b"", b'{"phone": NaN}'),
        (b"", b'{"phone": ' + b"9" * 5_000 + b"}"),
        (b"", b"{" * 30_000),
        (b"", b'{"a":' * 10_000),
        (b"phone=1&phone=2", b""),
        (b"phone=1", b'{"phone": "2"}'),
        (b"&".join(b"a%d=1" % number for number in range(65)), b""),
        (b"phone=%ff", b""),
    ],
)
def test_what_cannot_be_read_or_says_two_things_is_an_invalid_input(query_string: bytes, body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_inputs(query_string, [], body)


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200))
@example(b"", b"multipart/form-data; boundary=", b"--\r\n")
@example(b"", b"multipart/form-data", b"x")
@example(b"", b"application/json", b"\xff\xfe{}")
@example(
    b"", b"multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name*=x''%ff\r\n\r\n\xff\r\n--b--"
)
def test_whatever_comes_is_read_or_refused(query_string: bytes, content_type: bytes, body: bytes) -> None:
    inputs: Mapping[str, str] | None
    try:
        inputs = read_inputs(query_string, [(b"content-type", content_type), (b"x-huggy-a", body)], body)
    except InvalidInput:
        inputs = None
    assert inputs is None or all(isinstance(text, str) and text for text in inputs.values())
