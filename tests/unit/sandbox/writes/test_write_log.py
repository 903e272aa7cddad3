"""The log counts what was really written, by target."""

from __future__ import annotations

from huggy_connector.sandbox.server.writes.write_log import WriteLog, Written, to_digest, to_target


def write(log: WriteLog, target: str, *, applied: bool) -> None:
    log.add(
        Written(
            number=log.next_number(),
            at=0.0,
            method="POST",
            path="/a",
            target=target,
            applied=applied,
            status=200,
            fault="",
            digest="",
            body={},
            ids={},
        )
    )


def test_only_writes_that_were_done_count_and_a_target_that_got_two_shows_it() -> None:
    log = WriteLog()
    for target, applied in (("a", True), ("a", False), ("b", False), ("c", True), ("c", True)):
        write(log, target, applied=applied)
    assert (log.targets(), [row["number"] for row in log.rows()]) == ({"a": 1, "c": 2}, [1, 2, 3, 4, 5])
    log.clear()
    write(log, "d", applied=True)
    assert [row["number"] for row in log.rows()] == [6]


def test_a_new_contact_is_a_target_of_its_own_by_its_address() -> None:
    assert to_target("POST", ("contacts",), {"name": "a", "mobile": "55"}) == "POST /contacts 55"
    assert to_target("POST", ("contacts",), {"email": "a@b"}) == "POST /contacts a@b"
    assert to_target("PUT", ("contacts", "5"), {"mobile": "55"}) == "PUT /contacts/5"


def test_the_digest_is_that_of_the_contents_in_any_order() -> None:
    assert to_digest({"a": 1, "b": "é"}) == to_digest({"b": "é", "a": 1}) != to_digest({"a": 2, "b": "é"})
    assert len(to_digest({})) == 16
