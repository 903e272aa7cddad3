"""The body of a write."""

from __future__ import annotations

import pytest

from huggy_connector.sandbox.data.writes.refused import WriteRefused
from huggy_connector.sandbox.server.writes.write_call import read_body

UPLOAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a b.png"\r\n\r\nbytes\r\n--x--\r\n'


def test_a_body_is_an_object_or_nothing_and_an_upload_is_known_by_its_file() -> None:
    bodies = [(b"", "application/json"), (b" \n", ""), (b"[]", ""), (b'{"a": 1}', "text/plain")]
    assert [read_body(kind, body) for body, kind in bodies] == [{}, {}, {}, {"a": 1}]
    assert read_body("multipart/form-data; boundary=x", UPLOAD) == {"file": "a b.png", "size": len(UPLOAD)}
    assert read_body("multipart/form-data; boundary=x", b"--x--") == {}


@pytest.mark.parametrize("body", [b"{", b"[1]", b"null", b"\xff"])
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(WriteRefused) as refused:
        read_body("application/json", body)
    assert (refused.value.status, refused.value.kind) == (400, "json")
