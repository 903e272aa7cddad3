"""Forgetting a person, over HTTP, on disk and in DuckDB: found everywhere before, nowhere after, and never again."""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr

from huggy_connector.catalogue import RESOURCES, get_resource
from huggy_connector.cli import main
from huggy_connector.clock import SYSTEM_CLOCK, Clock
from huggy_connector.errors import ConfigurationError, LandingBusy, WarehouseBusy, WarehouseUnusable
from huggy_connector.landing import Landing, LandingRequest
from huggy_connector.model import Mode
from huggy_connector.pipeline import Pipeline
from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.privacy.rules import DEFAULT
from huggy_connector.privacy.suppression_list import retained_columns
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from huggy_connector.storage import LocalStorage
from huggy_connector.warehouse import read_status
from tests.sizes import FULL

KEEP_EVERYTHING = ", ".join(f"{rule.partition('=')[0]}=keep" for rule in DEFAULT.split(","))
KEY = "a key for the tests of forgetting"
STEPS = range(63) if FULL else (50,)


@dataclass(frozen=True)
class Person:
    id: int
    values: tuple[str, ...]
    chats: frozenset[int]

    def held_in(self, text: str) -> set[str]:
        near = [value for value in self.values if value in text]
        return {value for value in near if re.search(rf"(?<![0-9]){re.escape(value)}(?![0-9])", text)}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=60, contacts=20, limit=0, unknown_fields=True, open_chats=6)) as running:
        yield running


@pytest.fixture(scope="module")
def person(sandbox: Sandbox) -> Person:
    """A contact with every kind of personal data and several chats."""
    chats: dict[int, set[int]] = {}
    for chat in sandbox.truth("chats", rows=True)["rows"]:
        if chat["contactId"] is not None:
            chats.setdefault(int(chat["contactId"]), set()).add(int(chat["id"]))
    for contact in sandbox.truth("contacts", rows=True)["rows"]:
        fields = contact["custom_fields"]
        told = [contact["email"], contact["mobile"], fields["cpf_customer"] if fields else None]
        number = int(contact["id"])
        if all(told) and len(chats.get(number, ())) > 1:
            return Person(number, (str(number), *map(str, told)), frozenset(chats[number]))
    raise AssertionError("no contact of the sandbox has all that is looked for")


@pytest.fixture(scope="module")
def filled(sandbox: Sandbox, person: Person, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Landed and loaded four times, so that versions are kept; two pieces of work are unfinished."""
    root = tmp_path_factory.mktemp("filled")
    settings = settings_in(root, sandbox)
    Pipeline(settings).sync(["agents", "departments"], idempotency_key="one")
    for call in ("two", "three"):
        for name in ("contacts", "chats", "messages") if call == "two" else ("contacts", "chats"):
            Pipeline(settings).land(name, idempotency_key=f"{call} {name}", mode=mode_of(name))
        Pipeline(settings).load()
    contact = next(row for row in sandbox.truth("contacts", rows=True)["rows"] if int(row["id"]) == person.id)
    leave_unfinished(settings, "contacts", contact)
    leave_unfinished(settings, "chats", {"id": 1, "chatCustomer": contact})
    return root


@pytest.fixture
def settings(filled: Path, tmp_path: Path, sandbox: Sandbox) -> Settings:
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    return settings_in(tmp_path, sandbox)


@pytest.fixture(scope="module")
def forgotten(filled: Path, person: Person, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after the person was forgotten."""
    root = tmp_path_factory.mktemp("forgotten")
    shutil.copytree(filled, root, dirs_exist_ok=True)
    Pipeline(settings_in(root, sandbox)).forget(person.id)
    return root


@pytest.fixture
def settings_after(forgotten: Path, tmp_path: Path, sandbox: Sandbox) -> Settings:
    """Of a desk where the person was forgotten."""
    shutil.copytree(forgotten, tmp_path, dirs_exist_ok=True)
    return settings_in(tmp_path, sandbox)


def mode_of(name: str) -> str:
    return "incremental" if name == "messages" else "full"


def settings_in(root: Path, sandbox: Sandbox) -> Settings:
    return Settings(
        base_url=sandbox.url,
        auth_url=sandbox.auth_url,
        access_token=sandbox.token,
        landing=str(root / "landing"),
        warehouse=str(root / "huggy.duckdb"),
        state=str(root / "state"),
        privacy=KEEP_EVERYTHING,
        hash_key=KEY,
        publish=str(root / "copies"),
        requests_per_second=10_000,
        report=False,
    )


def leave_unfinished(settings: Settings, resource: str, row: dict[str, Any]) -> None:
    work = Landing(LocalStorage(settings.landing)).begin(
        resource=get_resource(resource),
        company_id=company_of(settings),
        mode=Mode.FULL,
        request=LandingRequest(
            "left", "full", timezone=settings.timezone, privacy=PrivacyPolicy.from_settings(settings).fingerprint
        ),
        zone=settings.zone,
        policy=PrivacyPolicy.from_settings(settings),
        now=lambda: datetime.now(UTC),
    )
    work.append([row], fetched_at=datetime.now(UTC))
    work.commit({"page": 1}, pages=1, requests=1, retries=0)
    work.release()


def company_of(settings: Settings) -> int:
    return Landing(LocalStorage(settings.landing)).companies()[0]


def as_text(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)


def decoded(path: Path) -> Iterator[str]:
    """All that a file holds, as it lies there and as a reader sees it."""
    yield path.read_bytes().decode("latin-1")  # what is looked for is ASCII
    if path.suffix == ".parquet":
        yield as_text(pq.read_table(path).to_pylist())
        yield as_text({str(key): str(value) for key, value in (pq.read_schema(path).metadata or {}).items()})
    elif path.suffix == ".duckdb":
        for rows in tables_of(path, with_views=False).values():  # a view holds nothing
            yield as_text([list(row) for row in rows])


def tables_of(path: Path, *, but: tuple[str, ...] = (), with_views: bool = True) -> dict[str, Counter[tuple[str, ...]]]:
    """Every table and view; values as text, columns named."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() UNION ALL"
            " SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal AND $1 ORDER BY ALL",
            [with_views],
        ).fetchall()
        found: dict[str, Counter[tuple[str, ...]]] = {}
        for schema, name in names:
            answer = connection.execute(f'SELECT * FROM "{schema}"."{name}"')
            columns = [each[0] for each in answer.description or ()]
            found[f"{schema}.{name}"] = Counter(
                tuple(f"{key}={value!r}" for key, value in zip(columns, row, strict=True) if key not in but)
                for row in answer.fetchall()
            )
        return found


def where_held(root: Path, person: Person) -> dict[str, set[str]]:
    """By file, which of the person's values are in it."""
    found = {
        str(path.relative_to(root)): {value for text in decoded(path) for value in person.held_in(text)}
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
    return {name: values for name, values in found.items() if values}


def landed(settings: Settings, resource: str) -> dict[tuple[str, int], dict[str, Any]]:
    """Every row of every snapshot, by run key and place among those of its id."""
    landing = Landing(LocalStorage(settings.landing))
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for manifest in landing.snapshots(company_of(settings), resource):
        landing.verify(manifest)
        rows = [row for part in landing.parts(manifest) for row in pq.read_table(part.path).to_pylist()]
        assert manifest.rows == len(rows)
        assert manifest.unique_ids == len({row["id"] for row in rows if row["id"] is not None})
        found |= {(manifest.run_key, number): row for number, row in enumerate(sorted(rows, key=as_text))}
    return found


def test_a_person_is_found_everywhere_before_and_nowhere_after_nor_after_a_rebuild_and_the_next_sweep(
    settings: Settings, person: Person, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"report": True})
    for name in ("huggy.report.json", "huggy.report.en.html"):  # a report names who waits
        (tmp_path / name).write_text(" ".join(person.values))
    before = where_held(tmp_path, person)
    kinds = {re.sub(r"[0-9a-f-]{8,}|[0-9]{2,}|T|Z", "", name) for name in before}
    assert {name.rpartition("/")[2] for name in kinds} >= {"huggy.duckdb", ".duckdb"}
    assert {value for values in before.values() for value in values} == set(person.values)
    for part in (
        "copies/huggy-",
        "/contacts/2",
        "/chats/2",
        "/messages/2",
        "/contacts/.work/",
        "/chats/.work/",
        "huggy.duckdb.d/versions/",
        "huggy.report.json",
        "huggy.report.en.html",
    ):
        assert any(part in name and values == set(person.values) for name, values in before.items()), part

    rows = sum(row["id"] == person.id for row in landed(settings, "contacts").values())

    receipt = Pipeline(settings).forget(person.id)

    assert where_held(tmp_path, person) == {}
    assert (receipt.work_given_up, receipt.rows_removed) == (2, rows)
    assert (tmp_path / "landing" / receipt.address).is_file()
    assert len(receipt.warehouse_files) == 3
    assert len(list((tmp_path / "copies").glob("huggy-*.duckdb"))) == 1

    rebuilt = settings.model_copy(update={"warehouse": str(tmp_path / "rebuilt.duckdb"), "publish": ""})
    Pipeline(rebuilt).load()
    assert where_held(tmp_path, person) == {}

    for name in ("contacts", "chats", "messages"):
        Pipeline(settings).land(
            name, idempotency_key=f"next {name}", mode="full" if name != "messages" else "incremental"
        )
    report = Pipeline(settings).load()
    assert where_held(tmp_path, person) == {}
    assert (report.tables["chats"].changed, report.tables["contacts"].changed) == (0, 0)


PUT_BACK = "put back after a person was forgotten, hold rows about them, which were not loaded."


def put_back(settings: Settings, copy: Path, *names: str) -> None:
    """Old snapshots and packs, over what is there, from a copy of the landing."""
    company = str(company_of(settings))
    for name in names:
        shutil.copytree(copy / company / name, Path(settings.landing) / company / name, dirs_exist_ok=True)


@pytest.mark.proof
@pytest.mark.parametrize("is_packed", [False, True] if FULL else [True])
def test_what_is_put_back_of_a_person_is_not_loaded_but_all_else_of_it_is(
    settings: Settings, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_packed: bool
) -> None:
    if is_packed:
        monkeypatch.setattr("huggy_connector.maintenance.compaction.MIN_LOOSE_SNAPSHOTS", 1)
        Pipeline(settings, clock=days_later(10)).compact()
        Pipeline(settings, clock=days_later(12)).compact()
    copy = tmp_path / "copy"
    shutil.copytree(settings.landing, copy)
    Pipeline(settings).forget(person.id)
    expected = loaded_anew(settings, tmp_path / "expected.duckdb")
    put_back(settings, copy, "contacts", "chats", "messages")
    shutil.rmtree(copy)
    new = settings.model_copy(update={"warehouse": str(tmp_path / "new.duckdb"), "publish": ""})

    for report in (Pipeline(new).load(), Pipeline(new).rebuild(), Pipeline(settings).rebuild()):
        told = [each for each in report.warnings if PUT_BACK in each]
        assert [each.partition(":")[0] for each in told] == ["chats", "contacts", "messages"]
        assert tables_now(report.warehouse) == expected
        assert [each for each in read_status(report.warehouse).warnings if PUT_BACK in each] == told
        assert person.held_in(" ".join(told)) == set()
    held = where_held(tmp_path, person)
    assert {name.partition("/")[0] for name in held} == {"landing"}

    again = Pipeline(settings).load()
    assert (again.published, [each for each in again.warnings if PUT_BACK in each]) == (False, told)

    receipt = Pipeline(settings).forget_again()
    assert (receipt.rows_removed > 0) != is_packed  # beside an old pack the snapshots issued anew are still there
    assert where_held(tmp_path, person) == {}
    assert not [each for each in Pipeline(settings).load().warnings if PUT_BACK in each]
    assert loaded_anew(settings, tmp_path / "healed.duckdb") == expected


def test_nothing_is_looked_through_again_where_nothing_was_put_back(
    settings_after: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_after
    for name in ("contacts", "chats"):
        Pipeline(settings).land(name, idempotency_key=f"next {name}", mode="full")
    monkeypatch.setattr("huggy_connector.landing.erasure.data_subject.SuppressedSubjects.find_rows", None)

    tables = loaded_anew(settings.model_copy(update={"hash_key": None}), tmp_path / "new.duckdb")
    monkeypatch.undo()
    assert tables == loaded_anew(settings, tmp_path / "again.duckdb")


def test_what_was_put_back_is_not_loaded_without_the_key_of_the_list(
    settings_after: Settings, filled: Path, tmp_path: Path
) -> None:
    put_back(settings_after, filled / "landing", "contacts")

    with pytest.raises(ConfigurationError, match="which needs HUGGY_HASH_KEY"):
        loaded_anew(settings_after.model_copy(update={"hash_key": None}), tmp_path / "new.duckdb")


@pytest.mark.proof
@pytest.mark.skipif(not FULL, reason="seconds of forgetting: only at full size, by make proof")
def test_another_is_not_forgotten_meanwhile_what_was_put_back_of_the_first(
    settings_after: Settings, filled: Path, person: Person, sandbox: Sandbox, tmp_path: Path
) -> None:
    put_back(settings_after, filled / "landing", "contacts", "chats", "messages")
    other = next(
        int(each["id"]) for each in sandbox.truth("contacts", rows=True)["rows"] if int(each["id"]) != person.id
    )

    Pipeline(settings_after).forget(other)

    assert where_held(tmp_path, person) == {}


def loaded_anew(settings: Settings, path: Path) -> dict[str, Counter[tuple[str, ...]]]:
    Pipeline(settings.model_copy(update={"warehouse": str(path), "publish": ""})).load()
    return tables_now(path)


def tables_now(path: str | Path) -> dict[str, Counter[tuple[str, ...]]]:
    """What does not depend on when it was loaded, or on what the checks found."""
    tables = tables_of(Path(path), but=("version", "loaded_at", "published_at", "profiled_at"))
    return {
        name: rows
        for name, rows in tables.items()
        if name not in {"meta.publishes", "meta.quality", "meta.restatements"}
    }


def days_later(days: int) -> Clock:
    """The system's clock, so much later."""
    return Clock(
        now=lambda: datetime.now(UTC) + timedelta(days=days), wait=SYSTEM_CLOCK.wait, monotonic=SYSTEM_CLOCK.monotonic
    )


@pytest.mark.proof
@pytest.mark.skipif(not FULL, reason="seconds of forgetting: only at full size, by make proof")
def test_a_person_in_packs_is_taken_out_of_them_finished_or_not(
    settings: Settings, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggy_connector.maintenance.compaction.MIN_LOOSE_SNAPSHOTS", 1)
    packed, deleted = (Pipeline(settings, clock=days_later(days)).compact() for days in (10, 12))
    assert packed.snapshots == deleted.deleted > 0
    pack = next((tmp_path / "landing").rglob("chats/.packed/*"))
    shutil.copytree(pack, pack.with_name("20260101T000000Z-unfinished"), ignore=shutil.ignore_patterns("pack.json"))
    assert sum("/.packed/" in name and name.endswith(".parquet") for name in where_held(tmp_path, person)) >= 3

    receipt = Pipeline(settings).forget(person.id)

    assert where_held(tmp_path, person) == {}
    assert len(receipt.snapshots) >= 3
    for name in RESOURCES:
        landed(settings, name)


def test_the_rest_is_unchanged(filled: Path, forgotten: Path, sandbox: Sandbox, person: Person) -> None:
    full, settings = settings_in(filled, sandbox), settings_in(forgotten, sandbox)
    before = {name: landed(full, name) for name in RESOURCES}
    tables = tables_of(Path(full.warehouse))
    for name, rows in before.items():
        assert any(row["id"] == person.id for row in rows.values()) == (name == "contacts")
        kept = Counter(
            expected(name, row, person) for row in rows.values() if name != "contacts" or row["id"] != person.id
        )
        assert Counter(expected(name, row, person) for row in landed(settings, name).values()) == kept
    now = tables_of(Path(settings.warehouse))
    assert set(now) == set(tables)
    assert set(tables["main.contacts"] - now["main.contacts"]) == {
        row for row in tables["main.contacts"] if f"id={person.id}" in row
    }
    assert now["main.contacts"] - tables["main.contacts"] == Counter()
    gone, come = tables["main.chats"] - now["main.chats"], now["main.chats"] - tables["main.chats"]
    theirs = {f"id={number}" for number in person.chats}
    assert {value for row in (*gone, *come) for value in row if value.startswith("id=")} == theirs
    for name in ("main.agents", "main.departments", "meta.publishes", "meta.schema_changes", "meta.quality"):
        assert now[name] == tables[name]


def expected(resource: str, row: dict[str, Any], person: Person) -> str:
    """The row; of one that is about a chat of the person's, what stays."""
    chat = row["id"] if resource == "chats" else row.get("chat_id")
    kept = retained_columns(get_resource(resource)) if chat in person.chats else row.keys()
    return as_text({key: value for key, value in row.items() if key in kept})


def test_a_file_rebuilt_from_the_landing_is_the_same_but_for_when_it_was_loaded(
    settings_after: Settings, tmp_path: Path
) -> None:
    rebuilt = settings_after.model_copy(update={"warehouse": str(tmp_path / "rebuilt.duckdb"), "publish": ""})
    Pipeline(rebuilt).load()

    one, other = (tables_of(Path(each.warehouse), but=("version", "loaded_at")) for each in (settings_after, rebuilt))
    own = {
        "meta.publishes",
        "meta.quality",
        "meta.restatements",
        "meta.schema_changes",
        "meta.freshness",
        "meta.profiles",
    }
    for name in set(one) - own:
        assert one[name] == other[name]


def test_forgetting_twice_changes_nothing_more_and_clears_away_what_a_killed_one_left(
    settings_after: Settings, person: Person
) -> None:
    settings = settings_after
    left = Path(settings.landing) / f"{company_of(settings)}/.forgotten/.begun-contact-0a.json.0123456789abcdef.tmp"
    left.touch()
    before = {name: landed(settings, name) for name in RESOURCES}, tables_of(Path(settings.warehouse))

    again = Pipeline(settings).forget(person.id)

    assert (again.snapshots, again.rows_removed, again.rows_changed, again.warehouse_rows_removed) == ((), 0, 0, 0)
    assert ({name: landed(settings, name) for name in RESOURCES}, tables_of(Path(settings.warehouse))) == before
    assert not left.exists()


def test_the_receipt_and_the_list_name_nobody(
    settings: Settings, person: Person, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUGGY_HASH_KEY", KEY)
    places = ["--landing", settings.landing, "--warehouse", settings.warehouse]
    code = main(["forget", "--contact", str(person.id), *places, "--json"])
    told = json.loads(capsys.readouterr().out)

    assert code == 0
    written = json.loads((Path(settings.landing) / told["address"]).read_text())
    assert written | {"address": told["address"]} == told
    assert person.held_in(as_text(told)) == set()
    assert told["person"].startswith("contact-")


def test_no_landing_goes_on_without_the_key_of_the_list(settings_after: Settings) -> None:
    for key, sentence in (
        (None, "which needs HUGGY_HASH_KEY"),
        ("quite another key, long enough", "another HUGGY_HASH_KEY"),
    ):
        told = settings_after.model_copy(update={"hash_key": None if key is None else SecretStr(key)})
        with pytest.raises(ConfigurationError, match=sentence):
            Pipeline(told).land("contacts", idempotency_key="without")


def test_what_cannot_be_forgotten_is_one_sentence_and_changes_nothing(
    settings: Settings, person: Person, tmp_path: Path
) -> None:
    company = company_of(settings)

    def files() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    before = files()
    with pytest.raises(ConfigurationError) as unknown:
        Pipeline(settings).forget(5)
    assert str(unknown.value) == (
        f"Neither the landing nor the warehouse knows a contact 5 of company {company}: nothing was changed."
    )
    with pytest.raises(ConfigurationError, match="HUGGY_HASH_KEY"):
        Pipeline(settings.model_copy(update={"hash_key": None})).forget(person.id)
    with duckdb.connect(settings.warehouse), pytest.raises(WarehouseBusy, match="open for writing"):
        Pipeline(settings).forget(person.id)
    assert files() == before

    (Path(settings.landing) / "77" / "chats").mkdir(parents=True)
    with pytest.raises(ConfigurationError) as ambiguous:
        Pipeline(settings).forget(person.id)
    assert str(ambiguous.value) == (
        f"The landing holds the companies 77, {company}: say of which one with --company-id."
    )
    shutil.rmtree(Path(settings.landing) / "77")

    wal = Path(settings.warehouse + ".wal")
    wal.write_bytes(b"x")
    with pytest.raises(WarehouseUnusable, match="did not finish"):
        Pipeline(settings).forget(person.id)
    wal.unlink()

    work = Landing(LocalStorage(settings.landing)).begin(
        resource=get_resource("chats"),
        company_id=company,
        mode=Mode.FULL,
        request=LandingRequest(
            "going on", "full", timezone=settings.timezone, privacy=PrivacyPolicy.from_settings(settings).fingerprint
        ),
        zone=settings.zone,
        policy=PrivacyPolicy.from_settings(settings),
        now=lambda: datetime.now(UTC),
    )
    with work, pytest.raises(LandingBusy, match="wait until it is done"):
        Pipeline(settings).forget(person.id)
    assert {name: content for name, content in files().items() if "/.work/" not in name} == {
        name: content for name, content in before.items() if "/.work/" not in name
    }


def test_a_forget_waits_for_no_loader(settings: Settings, person: Person) -> None:
    from huggy_connector.warehouse.file.paths import WarehousePaths
    from huggy_connector.warehouse.file.publish import lock_warehouse

    with (
        lock_warehouse(WarehousePaths.at(settings.warehouse)),
        pytest.raises(WarehouseBusy, match="Another load is changing"),
    ):
        Pipeline(settings).forget(person.id)


PROGRAM = """
import os, signal, sys
from huggy_connector.pipeline import Pipeline
from huggy_connector.settings import Settings

left = int(sys.argv[4])

def hook(event, arguments):
    global left
    if event in {"os.rename", "os.remove", "os.link"} and sys.argv[5] in str(arguments[0]):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

settings = Settings(landing=sys.argv[1], warehouse=sys.argv[2], hash_key=os.environ["KEY"])
sys.addaudithook(hook)
Pipeline(settings).forget(int(sys.argv[3]))
"""


@pytest.mark.proof
@pytest.mark.parametrize("at", STEPS)
def test_killed_before_any_change_of_a_file_readers_find_it_whole_and_the_next_call_does_the_rest(
    settings: Settings, person: Person, tmp_path: Path, at: int
) -> None:
    before = {name: tables_of(path) for name, path in versions(settings).items()}
    killed = subprocess.run(
        [sys.executable, "-c", PROGRAM, settings.landing, settings.warehouse, str(person.id), str(at), str(tmp_path)],
        env={"PYTHONPATH": ":".join(sys.path), "KEY": KEY},
        check=False,
    )
    if killed.returncode == 0:
        pytest.skip("it had ended by then")

    assert killed.returncode == -9
    for name in RESOURCES:
        landed(settings, name)
    for name, path in versions(settings).items():
        now = tables_of(path)
        assert set(now) == set(before[name])
        gone = sum((before[name]["main.contacts"] - now["main.contacts"]).values())
        stripped = sum((before[name]["main.chats"] - now["main.chats"]).values())
        held = bool(before[name]["main.contacts"])
        assert (gone, stripped) in ({(0, 0)} | ({(1, len(person.chats))} if held else set()))

    receipt = Pipeline(settings).forget(person.id)

    assert where_held(tmp_path, person) == {}
    assert (tmp_path / "landing" / receipt.address).is_file()
    rebuilt = settings.model_copy(update={"warehouse": str(tmp_path / "rebuilt.duckdb"), "publish": ""})
    Pipeline(rebuilt).load()
    one, other = (tables_of(Path(each.warehouse), but=("version", "loaded_at")) for each in (settings, rebuilt))
    for name in ("main.chats", "main.contacts", "meta.loads"):
        assert one[name] == other[name]


def versions(settings: Settings) -> dict[str, Path]:
    beside = Path(settings.warehouse).parent / ".huggy.duckdb.d" / "versions"
    return {path.name: path for path in (Path(settings.warehouse), *sorted(beside.glob("*.duckdb")))}
