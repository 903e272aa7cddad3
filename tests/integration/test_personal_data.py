"""A landing says in its log what it recognised as personal: where and how much, never a value."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from huggy_connector.api import Client
from huggy_connector.api.run_clock import RunClock
from huggy_connector.catalogue import get_resource
from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.landing import Landing, LandingRequest
from huggy_connector.model import Mode
from huggy_connector.pipeline.modes import LandingJob
from huggy_connector.pipeline.run import LandingRun
from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.progress import SilentProgress
from huggy_connector.settings import Settings
from huggy_connector.storage import LocalStorage


class Notes(SilentProgress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def note(self, sentence: str) -> None:
        self.told.append(sentence)


class OneAnswer:
    """A client that is given the same rows for everything."""

    requests, retries, round_trip = 1, 0, 0.01
    budget = SimpleNamespace(rate=20.0)
    run_clock = RunClock(SYSTEM_CLOCK.now, SYSTEM_CLOCK.monotonic)

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    def fetch_page(self, *_: Any, **__: Any) -> Any:
        return SimpleNamespace(rows=self._rows, at=datetime(2026, 11, 22, 7, tzinfo=UTC))

    account = ""

    def close(self) -> None: ...


def test_the_log_names_fields_and_kinds_of_what_no_rule_names(tmp_path: Path) -> None:
    notes, settings = Notes(), Settings.resolve(environ={})
    rows = [{"id": 1, "name": "Vendas", "head": "ana@x.com.br"}, {"id": 2, "head": "529.982.247-25, bia@x.com.br"}]
    run = LandingRun(
        settings,
        Landing(LocalStorage(tmp_path)),
        get_resource("departments"),
        company_id=42,
        landing_request=LandingRequest(
            "test", "full", timezone=settings.timezone, privacy=PrivacyPolicy.from_settings(settings).fingerprint
        ),
        once=False,
        client=cast("Client", OneAnswer(rows)),
        policy=PrivacyPolicy.from_settings(settings),
        progress=notes,
        clock=SYSTEM_CLOCK,
    )

    landed = run.land(LandingJob(Mode.FULL, "all of it"))

    assert notes.told == [
        "departments: full, all of it.",
        (
            "departments: 3 values that no rule names look personal, and were masked, hashed or dropped: "
            "head (1 cpf, 2 email). To change this, write a rule in HUGGY_PRIVACY."
        ),
    ]
    assert landed.personal == {"head": {"email": 2, "cpf": 1}}
