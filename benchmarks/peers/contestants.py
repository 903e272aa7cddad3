"""Who is compared: what each needs, how it is run, which rows it delivered, and what it said of them.

All get the same: a folder of their own to work in, HUGGY_BASE_URL and HUGGY_ACCESS_TOKEN. Their standard output and
error lie in that folder as `stdout` and `stderr` when they have ended.
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
_ALARM = re.compile(r"\b(WARN|WARNING|ERROR|CRITICAL|FATAL)\b")
_QUIET = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """`requirements` go into an environment of its own; without any it runs in this one.

    `ids` gives the id of every row delivered, `said` in a few words what a person would have read of their
    completeness, both from the folder it worked in.
    """

    name: str
    label: str
    requirements: tuple[str, ...] = ()
    arguments: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)
    ids: Callable[[Path], Iterator[int]]
    said: Callable[[Path], str]


def command(contestant: Contestant, python: Path) -> list[str]:
    """How it is run with the Python of its environment."""
    if contestant.name == OURS:
        return [str(python.with_name("huggy")), *contestant.arguments]
    return [str(python), "-P", *contestant.arguments]


def _ids_of_parquet(folder: Path) -> Iterator[int]:
    # In a process of its own: a child's peak memory counts from its parent's, so this one stays small.
    reader = "import sys, duckdb; print(*(row[0] for row in duckdb.sql(sys.argv[1]).fetchall()))"
    files = sorted(str(path) for path in folder.glob("landing/*/chats/*/part-*.parquet"))
    if files:
        query = f"SELECT id FROM read_parquet({files})"
        done = subprocess.run([sys.executable, "-c", reader, query], check=True, capture_output=True, text=True)
        yield from map(int, done.stdout.split())


def _ids_of_files(folder: Path) -> Iterator[int]:
    for path in folder.glob("landing/huggy/chats/*.jsonl.gz"):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from (int(json.loads(line)["id"]) for line in lines)


def _ids_of_messages(folder: Path) -> Iterator[int]:
    for message in _messages(folder):
        match message:
            case {"type": "RECORD", "record": {"data": {"id": number}} | {"id": number}}:
                yield int(number)
            case _:
                pass


def _messages(folder: Path) -> Iterator[dict[str, Any]]:
    with (folder / "stdout").open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("{") and line.endswith("\n"):  # a child that was killed may leave half a line
                yield json.loads(line)


def _certificate(folder: Path) -> str:
    try:
        told = json.loads((folder / "stdout").read_bytes())["snapshots"][0]["certificate"]
    except ValueError:
        return _QUIET
    if told["exact"]:
        return "exact"
    bound = told["missing_at_most"]
    return "not exact" if bound is None else f"not exact, at most {bound:,} missing"


def _alarms_of_log(folder: Path) -> str:
    with (folder / "stderr").open(encoding="utf-8") as lines:
        return _counted(sum(1 for line in lines if _ALARM.search(line)))


def _alarms_of_messages(folder: Path) -> str:
    logs = (message["log"]["level"] for message in _messages(folder) if message["type"] == "LOG")
    return _counted(sum(1 for level in logs if _ALARM.search(level)))


def _counted(alarms: int) -> str:
    return f"{alarms} warnings" if alarms else _QUIET


CONTESTANTS = {
    each.name: each
    for each in (
        Contestant(
            name=OURS,
            label="huggy_connector",
            arguments=("land", "chats", "--json"),
            ids=_ids_of_parquet,
            said=_certificate,
        ),
        Contestant(
            name="dlt",
            label="dlt rest_api",
            requirements=("dlt==1.31.0",),
            arguments=(str(PEERS / "dlt_rest_api.py"),),
            environ={"RUNTIME__DLTHUB_TELEMETRY": "false"},
            ids=_ids_of_files,
            said=_alarms_of_log,
        ),
        Contestant(
            name="airbyte",
            label="airbyte-cdk manifest",
            requirements=("airbyte-cdk==7.39.1",),
            arguments=(str(PEERS / "airbyte_manifest.py"),),
            ids=_ids_of_messages,
            said=_alarms_of_messages,
        ),
        Contestant(
            name="singer",
            label="singer-sdk RESTStream",
            requirements=("singer-sdk==0.54.9",),
            arguments=(str(PEERS / "singer_tap.py"),),
            ids=_ids_of_messages,
            said=_alarms_of_log,
        ),
    )
}
