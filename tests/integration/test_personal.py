"""A landing says in its log what it recognised as personal: where and how much, never a value."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from huggy_connector.api import SYSTEM_CLOCK, Client
from huggy_connector.api.agreed import AgreedClock
from huggy_connector.catalogue import resource_named
from huggy_connector.landing import Asked, Folder, Landing, Policy
from huggy_connector.pipeline.modes import Job
from huggy_connector.pipeline.run import Run
from huggy_connector.progress import Silent
from huggy_connector.settings import Settings


class Notes(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def note(self, sentence: str) -> None:
        self.told.append(sentence)


class OneAnswer:
    """A client that is given the same rows for everything."""

    requests, retries, round_trip = 1, 0, 0.01
    budget = SimpleNamespace(rate=20.0)
    time = AgreedClock(SYSTEM_CLOCK.now, SYSTEM_CLOCK.monotonic)

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    def fetch_page(self, *_: Any, **__: Any) -> Any:
        return SimpleNamespace(rows=self._rows, at=datetime(2026, 11, 22, 7, tzinfo=UTC))

    account = ""

    def close(self) -> None: ...


def test_the_log_names_fields_and_kinds_of_what_no_rule_names(tmp_path: Path) -> None:
    notes, settings = Notes(), Settings.resolve(environ={})
    rows = [{"id": 1, "name": "Vendas", "head": "ana@x.com.br"}, {"id": 2, "head": "529.982.247-25, bia@x.com.br"}]
    run = Run(
        settings,
        Landing(Folder(tmp_path)),
        resource_named("departments"),
        company_id=42,
        asked=Asked("test", "full", timezone=settings.timezone, privacy=Policy.of(settings).fingerprint),
        once=False,
        client=cast("Client", OneAnswer(rows)),
        policy=Policy.of(settings),
        progress=notes,
        clock=SYSTEM_CLOCK,
    )

    landed = run.land(Job("full", "all of it"))

    assert notes.told == [
        "departments: full, all of it.",
        (
            "departments: 3 values that no rule names tell by themselves that they are personal, and are not written "
            "as they came: head (1 cpf, 2 email). A rule of HUGGY_PRIVACY decides otherwise."
        ),
    ]
    assert landed.personal == {"head": {"email": 2, "cpf": 1}}
