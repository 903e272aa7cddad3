"""The contestants: what each requires, how it is run, which rows it delivered, and what it said about them.

Each gets the same: a folder of its own to work in, HUGGY_BASE_URL and HUGGY_ACCESS_TOKEN. Its standard output and error
are in that folder as `stdout` and `stderr` when it has ended.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PEERS = Path(__file__).parent
OURS = "huggy"
_WARNING = re.compile(r"\b(WARN|WARNING|ERROR|CRITICAL|FATAL)\b")
_NO_WARNINGS = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A contestant. `requirements` are installed into an environment of its own; without any it runs in this one.

    `read_ids` yields the id of every delivered row. `read_statement` returns in a few words what a person would have
    read about their completeness. Both read the folder in which it worked.
    """

    name: str
    label: str
    requirements: tuple[str, ...] = ()
    arguments: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)
    read_ids: Callable[[Path], Iterator[int]]
    read_statement: Callable[[Path], str]


def build_command(contestant: Contestant, python: Path) -> list[str]:
    """Return the command that runs a contestant with the Python of its environment."""
    if contestant.name == OURS:
        return [str(python.with_name("huggy")), *contestant.arguments]
    return [str(python), "-P", *contestant.arguments]


def _read_ids_of_parquet(folder: Path) -> Iterator[int]:
    # A process of its own: a child's peak memory includes its parent's, so this process stays small.
    reader = "import sys, duckdb; print(*(row[0] for row in duckdb.sql(sys.argv[1]).fetchall()))"
    files = sorted(str(path) for path in folder.glob("landing/*/chats/*/part-*.parquet"))
    if files:
        query = f"SELECT id FROM read_parquet({files})"
        done = subprocess.run([sys.executable, "-c", reader, query], check=True, capture_output=True, text=True)
        yield from map(int, done.stdout.split())


def _read_ids_of_files(folder: Path) -> Iterator[int]:
    for path in folder.glob("landing/huggy/chats/*.jsonl.gz"):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from (int(json.loads(line)["id"]) for line in lines)


def _read_ids_of_messages(folder: Path) -> Iterator[int]:
    for message in _read_messages(folder):
        match message:
            case {"type": "RECORD", "record": {"data": {"id": number}} | {"id": number}}:
                yield int(number)
            case _:
                pass


def _read_messages(folder: Path) -> Iterator[dict[str, Any]]:
    with (folder / "stdout").open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("{") and line.endswith("\n"):  # a child that was killed may leave half a line
                yield json.loads(line)


def _describe_certificate(folder: Path) -> str:
    try:
        certificate = json.loads((folder / "stdout").read_bytes())["snapshots"][0]["certificate"]
    except ValueError:
        return _NO_WARNINGS
    if certificate["exact"]:
        return "exact"
    bound = certificate["missing_at_most"]
    return "not exact" if bound is None else f"not exact, at most {bound:,} missing"


def _count_log_warnings(folder: Path) -> str:
    with (folder / "stderr").open(encoding="utf-8") as lines:
        return _describe_warnings(sum(1 for line in lines if _WARNING.search(line)))


def _count_message_warnings(folder: Path) -> str:
    logs = (message["log"]["level"] for message in _read_messages(folder) if message["type"] == "LOG")
    return _describe_warnings(sum(1 for level in logs if _WARNING.search(level)))


def _describe_warnings(alarms: int) -> str:
    return f"{alarms} warnings" if alarms else _NO_WARNINGS


CONTESTANTS = {
    each.name: each
    for each in (
        Contestant(
            name=OURS,
            label="huggy_connector",
            arguments=("land", "chats", "--json"),
            read_ids=_read_ids_of_parquet,
            read_statement=_describe_certificate,
        ),
        Contestant(
            name="dlt",
            label="dlt rest_api",
            requirements=("dlt==1.31.0",),
            arguments=(str(PEERS / "dlt_rest_api.py"),),
            environ={"RUNTIME__DLTHUB_TELEMETRY": "false"},
            read_ids=_read_ids_of_files,
            read_statement=_count_log_warnings,
        ),
        Contestant(
            name="airbyte",
            label="airbyte-cdk manifest",
            requirements=("airbyte-cdk==7.39.1",),
            arguments=(str(PEERS / "airbyte_manifest.py"),),
            read_ids=_read_ids_of_messages,
            read_statement=_count_message_warnings,
        ),
        Contestant(
            name="singer",
            label="singer-sdk RESTStream",
            requirements=("singer-sdk==0.54.9",),
            arguments=(str(PEERS / "singer_tap.py"),),
            read_ids=_read_ids_of_messages,
            read_statement=_count_log_warnings,
        ),
    )
}
