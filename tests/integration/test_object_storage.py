"""A landing in S3, by the commands as a user runs them: killed, gone on with elsewhere, loaded, as from a disk."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from huggy_connector.landing import Landing
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.storage import ObjectStorage
from huggy_connector.warehouse import load_snapshots
from tests.integration.conftest import LONGEST
from tests.warm_process import huggy_command

if TYPE_CHECKING:
    from tests.integration.conftest import Buckets

ROOT = Path(__file__).parents[2]
OF_THE_RUN = frozenset({"fetched_at", "seen_at", "embedded_at", "snapshot"})


def rows_of(warehouse: Path, *, without: frozenset[str] = frozenset()) -> dict[str, list[Any]]:
    """Every table and view of the main schema, by row."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        names = connection.execute(
            "SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'main' ORDER BY ALL"
        ).fetchall()
        found = {}
        for (name,) in names:
            columns = [row[0] for row in connection.execute(f"DESCRIBE main.{name}").fetchall()]
            wanted = ", ".join(f'"{column}"' for column in columns if column not in without)
            found[name] = connection.execute(f"SELECT {wanted} FROM main.{name} ORDER BY ALL").fetchall()
        return found


@dataclass(frozen=True)
class Home:
    """A working directory, on a machine that knows the store and the account."""

    folder: Path
    environ: dict[str, str]

    def start(self) -> subprocess.Popen[str]:
        self.folder.mkdir()
        own = {"HUGGY_REPORT": "no", "HUGGY_STATE": str(self.folder / "state"), "TMPDIR": str(self.folder)}
        return subprocess.Popen(
            [*huggy_command(), "sync", "chats", "contacts"],
            cwd=self.folder,
            env={**self.environ, **own},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def left(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir() if path.name not in {"state", ".huggy.duckdb.d"})


def parts_of_work(storage: ObjectStorage) -> list[str]:
    return [
        name
        for company in storage.list_names("")
        for work in storage.list_names(f"{company}/chats/.work")
        for name in storage.list_names(f"{company}/chats/.work/{work}")
        if name.startswith("part-")
    ]


def test_killed_in_s3_and_gone_on_with_elsewhere_it_is_the_tables_of_a_landing_on_disk(
    tmp_path: Path, buckets: Buckets
) -> None:
    url = buckets.make()
    storage = ObjectStorage.open(url, access=buckets.access)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HUGGY_", "AWS_", "PYTHOND"))}
    with Sandbox(Options(chats=800, contacts=60, limit=0)) as account:
        environ = {
            **clean,
            **buckets.environ,
            "PYTHONPATH": str(ROOT),
            "HUGGY_BASE_URL": account.url,
            "HUGGY_ACCESS_TOKEN": account.token,
            "HUGGY_REQUESTS_PER_SECOND": "40",
        }
        first, second = (Home(tmp_path / name, {**environ, "HUGGY_LANDING": url}) for name in ("first", "second"))
        disk = Home(tmp_path / "disk", {**environ, "HUGGY_REQUESTS_PER_SECOND": "1000"})
        killed = first.start()
        deadline = time.monotonic() + LONGEST
        while not parts_of_work(storage):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        killed.kill()
        killed.communicate()
        for home in (second, disk):
            running = home.start()
            _, told = running.communicate()
            assert running.returncode == 0, told
            assert ("resumes the work begun at" in told) is (home is second)

    anew = tmp_path / "anew.duckdb"
    load_snapshots(Landing(storage), anew, now=lambda: datetime.now(UTC))
    grown = second.folder / "huggy.duckdb"
    on_disk = rows_of(disk.folder / "huggy.duckdb", without=OF_THE_RUN)
    assert (len(on_disk["chats"]), len(on_disk["contacts"])) == (800, 60)
    assert rows_of(grown, without=OF_THE_RUN) == on_disk
    assert rows_of(anew) == rows_of(grown)
    assert parts_of_work(storage) == []
    assert second.left == ["huggy.duckdb"]
