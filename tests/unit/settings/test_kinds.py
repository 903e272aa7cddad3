"""Each type of a setting: what it accepts, in which form, and what it says about all else."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pydantic import TypeAdapter, ValidationError

from huggy_connector.settings import kinds
from huggy_connector.settings.kinds import zone_names

NO_SIZE = "is no size such as 512MB or 2GB"
NO_ZONE = "is no zone of the IANA database such as America/Sao_Paulo"
NO_LANGUAGE = "is none of en, pt-br and es"
NO_NAMES = "names no company by its number: write 4242=North Clinic, 77=South Store"
NO_ACCESS = 'is no JSON object of texts such as {"access_key_id": "...", "region": "..."}'


def read(kind: str, value: object) -> Any:
    return TypeAdapter(getattr(kinds, kind)).validate_python(value)


@pytest.mark.parametrize(
    ("kind", "value", "read_as"),
    [
        ("Size", "1MB", "1MB"),
        ("Size", "1.5 gib", "1.5 gib"),
        ("Size", "9999999GiB", "9999999GiB"),
        ("Language", "PT_br", "pt-br"),
        ("Language", "en", "en"),
        ("Zone", "America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("Zone", "UTC", "UTC"),
        ("LocalFile", "/x.duckdb", "/x.duckdb"),
        ("WebAddress", "https://api.huggy.app/v3/", "https://api.huggy.app/v3"),
        ("Place", "s3://bucket/x/", "s3://bucket/x"),
        ("Spec", "FILE:/x", "file:/x"),
        ("Listed", "a, b,,a", ("a", "b")),
        ("Places", "/x, s3://b/, /x,s3://b", ("/x", "s3://b")),
        ("Places", None, ()),
        ("CompanyNames", "4242=Clínica = Norte, 77 = Loja", ("4242=Clínica = Norte", "77 = Loja")),
        ("Rules", ("email=hmac", "name=mask"), "email=hmac, name=mask"),
        ("Rules", None, ""),
    ],
)
def test_a_value_is_read_in_one_form(kind: str, value: object, read_as: object) -> None:
    assert read(kind, value) == read_as


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        *[
            ("Size", text, NO_SIZE)
            for text in (
                "",
                "0GB",
                "-1GB",
                "1",
                "GB",
                "1TB",
                "1e3MB",
                "1.GB",
                "10000000GB",
                "1GB\n",
                "\u0661GB",
                "80%",
                "1\u00a0GB",
                "1M\u0131B",
            )
        ],
        *[("Zone", text, NO_ZONE) for text in ("", "localtime", "Factory", "utc", "+03:00", "../UTC", "UTC\n", "\0")],
        *[("Language", text, NO_LANGUAGE) for text in ("", "pt", "pt-pt", "en-US", "en ")],
        *[("CompanyNames", text, NO_NAMES) for text in ("North", "=North", "4242=", "x=North", "0=North", "4=A, B")],
        ("LocalFile", ":memory:", "is no file: give a path on a local disk"),
        ("LocalFile", "s3://bucket/x.duckdb", "is no path on a disk of this machine"),
        *[
            ("Access", text, NO_ACCESS)
            for text in ("", "{", "[]", '"x"', "null", '{"a": 1}', '{"a": {}}', {"a": None}, "[" * 100_000)
        ],
    ],
    ids=lambda value: repr(value)[:40],
)
def test_any_other_value_is_refused_with_a_reason(kind: str, value: object, reason: str) -> None:
    with pytest.raises(ValidationError) as raised:
        read(kind, value)
    assert [error["msg"] for error in raised.value.errors()] == [f"Value error, {reason}"]


@pytest.mark.parametrize("given", [{"region": "sa-east-1"}, '{"region": "sa-east-1"}'])
def test_access_to_a_store_may_be_an_object_or_its_json_and_is_not_shown(given: object) -> None:
    access = read("Access", given)
    assert json.loads(access.get_secret_value()) == {"region": "sa-east-1"}
    assert "sa-east-1" not in f"{access!r} {access}"


def test_a_zone_is_one_that_python_arrow_and_duckdb_read() -> None:
    with duckdb.connect() as connection:
        for name in sorted(zone_names()):
            instant = pa.array([0], pa.timestamp("us", tz="UTC")).cast(pa.timestamp("us", tz=name))
            assert pc.local_timestamp(instant).null_count == 0
            assert ZoneInfo(name).key == name
            connection.execute(f"SET TimeZone = '{name}'")
            assert connection.execute("SELECT timezone(?, to_timestamp(0)) IS NOT NULL", [name]).fetchone() == (True,)
