"""While loads publish one version after another, no answer of `huggy serve` is wrong or missing.

`make proof` does it with 100,000 chats, 50 requests a second and a load every ten seconds, and measures the latency.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.integration.serve.flow.conftest import SECRET
from tests.integration.serve.senders import ask, huggy_serve
from tests.integration.warehouse.conftest import ZONE, Desk
from tests.sizes import FULL
from tests.warm_process import huggy_command

CHATS, LOADS, PAUSE, RATE = (100_000, 6, 10.0, 50.0) if FULL else (200, 2, 0.5, 20.0)
LONGEST_P99 = 0.05
ATTACKS = ("' OR '1'='1", "1; DROP TABLE contacts", "5531' UNION SELECT 1 --", "{{SYSTEM.CLIENT_NUMBER}}", "../../etc")


def phone_of(number: int, *, has_ninth: bool) -> str:
    return f"5531{'9' if has_ninth else ''}8{number:07d}"


def questions() -> list[tuple[str, str, str]]:
    """Return paths, each with the status and the name of the customer that must come; "" for either way to say no."""
    numbers = range(0, CHATS, max(1, CHATS // 500))
    found = [
        (given, "ok", f"Cliente {number}")
        for number in numbers
        for given in (
            f"phone={phone_of(number, has_ninth=True)}",
            f"phone={phone_of(number, has_ninth=False)[2:]}",
            f"contact_id={number + 1}",
        )
    ]
    nobody = [f"phone=11{number + 90_000_000:09d}" for number in numbers]
    attacks = [
        f"{name}={quote(attack)}{end}" for attack in ATTACKS for name, end in (("phone", ""), ("email", "%40x.example"))
    ]
    found += [(given, "", "") for given in (*nobody, *attacks)]
    return [(f"/flow/customer?{given}", status, name) for given, status, name in found]


def chat(number: int, situation: str) -> dict[str, Any]:
    return {"id": number, "contactId": number, "situation": situation, "createdAt": "2026-11-01 10:00:00"}


def load(desk: Desk) -> None:
    environ = {"HUGGY_LANDING": str(desk.root), "HUGGY_WAREHOUSE": str(desk.warehouse), "HUGGY_REPORT": "no"}
    given = {**os.environ, **environ, "HUGGY_STATE": str(desk.folder / "state"), "HUGGY_ENV_FILE": ""}
    subprocess.run([*huggy_command(), "load"], env=given, check=True, capture_output=True)


@pytest.mark.proof
def test_every_answer_is_right_while_versions_are_published(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    contacts = [
        {"id": number + 1, "name": f"Cliente {number}", "mobile": phone_of(number, has_ninth=number % 2 == 0)}
        for number in range(CHATS)
    ]
    desk.land(contacts, resource="contacts")
    desk.land([chat(number + 1, "in_chat") for number in range(CHATS)])
    load(desk)
    environ = {"HUGGY_WAREHOUSE": str(desk.warehouse), "HUGGY_FLOW_SECRET": SECRET}
    ended, due = threading.Event(), itertools.count()
    asked, seconds, wrong, versions = questions(), list[float](), list[object](), set[str]()

    def keep_asking(url: str, began: float) -> None:
        while not ended.is_set():
            number = next(due)
            time.sleep(max(0.0, (begin := began + number / RATE) - time.monotonic()))
            path, status, name = asked[number % len(asked)]
            said = ask(url, path, None, **{"X-Huggy-Secret": SECRET})
            seconds.append(time.monotonic() - begin)
            answer = json.loads(said.text)
            versions.add(answer["atualizado_em"])
            expected = {status} if status else {"nao_encontrado", "entrada_invalida"}
            if said.status != 200 or answer["status"] not in expected or answer["cliente_nome"] != name:
                wrong.append((path, said))

    with huggy_serve(tmp_path, HUGGY_FLOW_REQUESTS_PER_MINUTE="1000", **environ) as (_, url):
        threads = [threading.Thread(target=keep_asking, args=(url, time.monotonic())) for _ in range(8)]
        for thread in threads:
            thread.start()
        try:
            for number in range(LOADS):
                desk.land([chat(each + 1, "filed") for each in range(number, CHATS, 100)], mode="incremental")
                load(desk)
                time.sleep(PAUSE)
            wait_for_version(url, desk)
        finally:
            ended.set()
            for thread in threads:
                thread.join()
    p99 = sorted(seconds)[int(len(seconds) * 0.99)]
    assert (wrong, len(versions) > LOADS // 2) == ([], True)
    assert not FULL or p99 < LONGEST_P99


def wait_for_version(url: str, desk: Desk) -> None:
    """Wait until the server answers from the last snapshot that was loaded."""
    newest = desk.made[-1].started_at.astimezone(ZONE).isoformat(timespec="seconds")
    deadline = time.monotonic() + 120
    while json.loads(ask(url, "/health").text)["flow"]["updated_at"] != newest:
        assert time.monotonic() < deadline
        time.sleep(0.1)
