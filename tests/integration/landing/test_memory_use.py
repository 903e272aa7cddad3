"""Memory does not grow with the rows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo
from huggy_connector.catalogue import get_resource
from huggy_connector.landing import Landing, LandingRequest
from huggy_connector.privacy import KEEP_ALL
from huggy_connector.storage import LocalStorage
from huggy_connector.model import Certificate

now = datetime(2026, 11, 22, 7, tzinfo=UTC)
with Landing(LocalStorage(sys.argv[1])).begin(
    resource=get_resource("chats"), company_id=42, mode="full",
    request=LandingRequest("huggy land chats", "full", timezone="America/Sao_Paulo"),
    zone=ZoneInfo("America/Sao_Paulo"), policy=KEEP_ALL, now=lambda: now,
) as work:
    for page in range(int(sys.argv[2]) // 20):
        rows = [{
            "id": page * 20 + row,
            "createdAt": "2025-03-10 13:58:41",
            "lastMessage": {"text": f"message {page} {row} " * 80},
            "agents": [{"id": row, "name": f"agent {row}"}],
        } for row in range(20)]
        work.append(rows, fetched_at=now)
        if page % 25 == 24:
            work.commit({"page": page + 1}, pages=page + 1, requests=page + 1, retries=0)
    work.publish(certificate=Certificate(exact=True))
print(next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")).split()[1])
"""


def peak(landing: Path, *, rows: int) -> int:
    """Kilobytes."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(landing), str(rows)],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


@pytest.mark.proof
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell a process's peak")
def test_many_times_the_rows_take_at_most_a_fifth_more_memory(tmp_path: Path) -> None:
    rows = 20_000 if os.environ.get("HUGGY_PROOF") == "full" else 8_000
    times = 10 if os.environ.get("HUGGY_PROOF") == "full" else 3

    few = peak(tmp_path / "few", rows=rows)

    # On a busy machine a peak may hold what the allocator has not given back yet: the least of three counts.
    assert any(peak(tmp_path / f"many {number}", rows=rows * times) <= 1.2 * few for number in range(3))
