"""What a version of the warehouse gets in memory, so that a lookup reads no whole table: schema `memory.flow`.

    customers   one row a contact with its last chat, in the order of ids: see customers.sql
    people      one row a phone or e-mail address of a contact, in the order of a hash of it

DuckDB makes both, without a lock of Python: 100,000 chats take a tenth of a second of one core.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from huggy_connector.privacy import hash_value
from huggy_connector.rows.phones import phone_forms
from huggy_connector.warehouse.flow.query_file import COMPANY_ID, EMAIL, Person

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SCHEMA = "memory.flow"
_MARK_DIGITS = 12
"""Digits of a hash that its mark has."""
_TAIL = 8
"""Digits at the end of a phone that all of its forms share: its mark."""
_PEOPLE = f"""
    WITH written AS (
        SELECT id, kind, trim(value) AS value
        FROM (
            SELECT id, 'phone' AS kind, unnest([mobile, phone]) AS value FROM contacts
            WHERE company_id = $company_id AND deleted_at IS NULL
            UNION ALL
            SELECT id, 'email', email FROM contacts WHERE company_id = $company_id AND deleted_at IS NULL
        )
        WHERE trim(value) <> ''
    ),
    keyed AS (
        SELECT id, kind, regexp_full_match(value, '[0-9a-f]{{32}}') AS is_hashed, CASE
            WHEN value LIKE '%***%' THEN NULL
            WHEN is_hashed THEN value
            WHEN kind = 'phone' THEN nullif(regexp_replace(value, '[^0-9]', '', 'g'), '')
            ELSE lower(value)
        END AS key
        FROM written
    )
    SELECT DISTINCT
        CASE WHEN is_hashed THEN CAST('0x' || left(key, {_MARK_DIGITS}) AS UBIGINT)
            WHEN kind = 'phone' THEN CAST(right(key, {_TAIL}) AS UBIGINT)
            ELSE hash(key) END AS mark,
        key, kind, is_hashed, id AS contact_id, epoch_us(last_chat_at) AS seen_at
    FROM keyed JOIN {SCHEMA}.customers USING (id)
    ORDER BY mark
"""
"""What is masked cannot be searched: its key is NULL."""


def build_index(connection: DuckDBPyConnection, company_id: int) -> None:
    """Create the tables for one company of the warehouse in use."""
    customers = files("huggy_connector.warehouse.flow").joinpath("customers.sql").read_text(encoding="utf-8")
    connection.execute(f"CREATE SCHEMA {SCHEMA}")
    for name, query in (("customers", customers), ("people", _PEOPLE)):
        connection.execute(f"CREATE TABLE {SCHEMA}.{name} AS {query}", {COMPANY_ID: company_id})


def find_contact(connection: DuckDBPyConnection, person: Person, hash_key: bytes) -> int | None:
    """Return the contact with a phone or an e-mail address; of several the one whose last chat is the newest."""
    plain, hashed = keys_of(person, hash_key)
    marks: set[int | str] = {int(key[:_MARK_DIGITS], 16) for key in hashed}
    marks |= {int(key[-_TAIL:]) for key in plain} if person.kind != EMAIL else plain
    names = ", ".join("hash(?)" if isinstance(mark, str) else "?" for mark in marks)
    rows = connection.execute(
        f"SELECT key, seen_at, contact_id FROM {SCHEMA}.people WHERE mark IN ({names}) AND kind = ?",
        [*marks, person.kind],
    ).fetchall()
    found = [(seen_at or 0, contact_id) for key, seen_at, contact_id in rows if key in plain or key in hashed]
    return max(found)[1] if found else None


def keys_of(person: Person, hash_key: bytes) -> tuple[frozenset[str], frozenset[str]]:
    """Return every form in which the warehouse may hold a phone or an e-mail address: plain ones, and their hashes."""
    if person.kind == EMAIL:
        plain = written = {person.text}
    else:
        forms = phone_forms(person.text)
        plain = {*forms, *(f"0{form}" for form in forms if not form.startswith(("0", "55")))}
        written = {*plain, *(f"+{form}" for form in forms)}
    return frozenset(plain), frozenset(hash_value(form, hash_key) for form in written if hash_key)


def find_unsearchable(connection: DuckDBPyConnection, hash_key: bytes) -> dict[str, str]:
    """Return why nobody is found by phone or e-mail, where all that the warehouse has of them is masked or hashed."""
    counts = connection.execute(
        "SELECT kind, count(key) = 0, count(*) FILTER (NOT is_hashed AND key IS NOT NULL) = 0"
        f" FROM {SCHEMA}.people GROUP BY ALL ORDER BY kind"
    ).fetchall()
    found = dict[str, str]()
    for kind, is_masked, is_hashed in counts:
        if is_masked:
            found[kind] = (
                f"each {kind} in the warehouse is masked, so that nobody is found by it: see HUGGY_PRIVACY, where hmac "
                "hides it and keeps it findable"
            )
        elif is_hashed and not hash_key:
            found[kind] = f"each {kind} in the warehouse is a hash: set HUGGY_HASH_KEY as for its loads"
    return found
