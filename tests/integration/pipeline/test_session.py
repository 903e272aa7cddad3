"""What a campaign is opened with: the company, the spelling of writes, forms of phones, and whether it is stopped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggy_connector.actions.types import PlannedRow, RowKey
from huggy_connector.catalogue.actions import get_action
from huggy_connector.pipeline.campaigns.session import (
    SECONDS_BETWEEN_LOOKS,
    StopWatch,
    find_ledger_company,
    list_forms,
    make_builder,
)
from huggy_connector.settings import Settings


def settings(**given: Any) -> Settings:
    return Settings.resolve(explicit=given, environ={})


def test_the_only_ledger_here_names_the_company(tmp_path: Path) -> None:
    assert find_ledger_company(settings(company_id=7)) == 7
    assert find_ledger_company(settings(ledger=str(tmp_path / "none"))) is None
    (tmp_path / "4242.sqlite").touch()
    assert find_ledger_company(settings(ledger=str(tmp_path))) == 4242
    (tmp_path / "4243.sqlite").touch()
    assert find_ledger_company(settings(ledger=str(tmp_path))) is None


def test_a_row_is_spelled_for_the_version_of_the_api() -> None:
    row = PlannedRow(get_action("close_chat"), RowKey("idle", "close_chat", "chat:7"), 7, {})
    built = [make_builder(settings(api_version=version, company_id=4242))(row) for version in ("v3", "v2")]
    assert [(each.method.value, each.path) for each in built] == [
        ("PUT", "companies/4242/chats/7/close"),
        ("POST", "chats/7/close"),
    ]


def test_a_flow_that_may_disturb_a_conversation_goes_without_its_permission() -> None:
    fields = {"flow_id": 3210, "when_in_chat": True}
    row = PlannedRow(get_action("run_flow"), RowKey("idle", "run_flow", "chat:7"), 7, fields)
    assert make_builder(settings())(row).body == {"flowId": 3210}


def test_a_new_contact_is_looked_for_under_each_form_of_its_phones_and_its_email() -> None:
    forms = list_forms({"mobile": "31 98765-4321", "email": " ana@example.com "})
    numbers = ("3187654321", "31987654321", "553187654321", "5531987654321")
    phones = [(name, number) for number in numbers for name in ("mobile", "phone")]
    assert forms == [*phones, ("email", "ana@example.com")]
    assert list_forms({"name": "Ana"}) == []


@dataclass
class Record:
    name: str
    is_stopped: bool


class Ledger:
    def __init__(self) -> None:
        self.looks = 0
        self.is_stopped = False

    def campaigns(self) -> list[Record]:
        self.looks += 1
        return [Record("idle", self.is_stopped), Record("other", not self.is_stopped)]


def test_a_stop_is_seen_within_seconds_and_the_ledger_is_not_asked_for_each_row() -> None:
    ledger, now = Ledger(), [0.0]
    watch = StopWatch(ledger, "idle", lambda: now[0])  # type: ignore[arg-type]
    seen = [watch() for _ in range(50)]
    ledger.is_stopped = True
    assert (any(seen), ledger.looks, watch()) == (False, 1, False)
    now[0] = SECONDS_BETWEEN_LOOKS
    assert (watch(), ledger.looks) == (True, 2)
