"""The guards of campaigns, against a sandbox: what its log of writes shows is all that left."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from huggy_connector.actions.guards.run_gate import STOP_FILE
from huggy_connector.clock import SYSTEM_CLOCK, Clock
from huggy_connector.pipeline.campaigns import CampaignReport, CampaignRequest, Campaigns
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings

MARKETING = {"template_id": "79", "category": "marketing"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    options = Options(chats=200, open_chats=120, limit=0, quirks=False, odd_situations=0, absent_customers=0)
    with Sandbox(options) as it:
        yield it


@dataclass(frozen=True)
class Guarded:
    """Campaigns with a ledger of their own, and the chats of the sandbox that take messages."""

    sandbox: Sandbox
    folder: Path

    def run(
        self,
        action: str,
        rows: list[dict[str, Any]],
        *,
        campaign: str = "spring",
        clock: Clock = SYSTEM_CLOCK,
        **more: Any,
    ) -> CampaignReport:
        shared = more.pop("shared", {})
        request = CampaignRequest(action=action, campaign=campaign, rows=rows, shared=shared, asked_by="ana")
        given = {
            "base_url": self.sandbox.url,
            "auth_url": self.sandbox.auth_url,
            "access_token": self.sandbox.token,
            "company_id": 4242,
            "requests_per_second": 1000,
            "hash_key": "invented-key-of-forty-characters-in-all!",
            **{name: str(self.folder / name) for name in ("landing", "state", "warehouse")},
            **more,
        }
        return Campaigns(Settings.resolve(explicit=given, environ={}), clock=clock).run(request)

    def chats(self, situation: str = "in_chat") -> list[dict[str, Any]]:
        """The chats of WhatsApp in this situation, of a person each, as the API lists them."""
        headers = {"Authorization": f"Bearer {self.sandbox.token}"}
        pages = (
            httpx.get(f"{self.sandbox.url}/chats", params={"page": page}, headers=headers, timeout=120).json()
            for page in range(10)
        )
        found = [
            chat
            for page in pages
            for chat in page
            if chat["situation"] == situation and chat["channel"] == "whatsapp-enterprise" and chat["contactId"]
        ]
        return list({chat["contactId"]: chat for chat in found}.values())

    def written(self) -> Counter[str]:
        return Counter(self.sandbox.written())


@pytest.fixture
def guarded(sandbox: Sandbox, tmp_path: Path) -> Guarded:
    return Guarded(sandbox, tmp_path)


def numbers(report: CampaignReport) -> tuple[int, int, int]:
    return report.counts.sent, report.counts.skipped, report.counts.left


def test_two_campaigns_at_once_reach_a_person_once_in_so_many_days(guarded: Guarded) -> None:
    chats = guarded.chats()[:6]
    before = guarded.written()
    reports: dict[str, CampaignReport] = {}

    def run(campaign: str) -> None:
        rows = [{"id": chat["id"], "text": campaign} for chat in chats]
        reports[campaign] = guarded.run("send_message", rows, campaign=campaign, message_every_days=1)

    threads = [threading.Thread(target=run, args=(name,)) for name in ("one", "two")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted((guarded.written() - before).values()) == [1] * 6
    sent, skipped, left = (sum(column) for column in zip(*map(numbers, reports.values()), strict=True))
    assert (sent, skipped, left) == (6, 6, 0)


def test_a_marketing_template_goes_to_those_alone_who_agreed(guarded: Guarded) -> None:
    one, two, three = guarded.chats()[:3]
    mobile = one["chatCustomer"]["mobile"]
    listed = guarded.folder / "consents.csv"
    listed.write_bytes(
        f"contact_id;celular;origem\r\n;{mobile};balcão\r\n{two['contactId']};;site\r\n".encode("latin-1")
    )
    rows = [{"id": chat["id"]} for chat in (one, two, three)]
    before = guarded.written()
    without = guarded.run("send_template", rows, campaign="no list", shared=MARKETING)
    assert (numbers(without), guarded.written() - before) == ((0, 3, 0), Counter())
    report = guarded.run("send_template", rows, shared=MARKETING, consent=str(listed))
    assert numbers(report) == (2, 1, 0)
    targets = {target.split("/")[-2] for target in guarded.written() - before}
    assert targets == {str(one["id"]), str(two["id"])}


def test_an_opt_out_by_phone_in_another_form_stops_every_message(guarded: Guarded) -> None:
    chat = guarded.chats()[0]
    digits = "".join(filter(str.isdecimal, chat["chatCustomer"]["mobile"]))
    listed = guarded.folder / "opt-outs.csv"
    listed.write_text(f"mobile\n+{digits}\n", encoding="utf-8-sig")
    before = guarded.written()
    report = guarded.run("send_message", [{"id": chat["id"], "text": "Oi"}], opt_out=str(listed))
    assert (numbers(report), guarded.written() - before) == ((0, 1, 0), Counter())
    noted = guarded.run(
        "send_message", [{"id": chat["id"], "text": "Oi", "is_internal": True}], campaign="note", opt_out=str(listed)
    )
    assert numbers(noted) == (1, 0, 0)


def test_with_an_allow_list_nobody_else_is_touched(guarded: Guarded) -> None:
    chats = guarded.chats()[:4]
    rows = [{"id": chat["id"], "text": "Oi"} for chat in chats]
    allowed = (f"chat:{chats[0]['id']}", f"contact:{chats[1]['contactId']}")
    before = guarded.written()
    report = guarded.run("send_message", rows, actions_allow=allowed)
    assert numbers(report) == (2, 2, 0)
    assert {target.split("/")[-2] for target in guarded.written() - before} == {str(chat["id"]) for chat in chats[:2]}


@pytest.mark.parametrize(
    "settings",
    [{"actions": "off"}, {"actions_per_day": 0}, {"quiet_hours": "00:00-24:00"}],
    ids=lambda settings: next(iter(settings)),
)
def test_what_stops_all_rows_leaves_them_planned(guarded: Guarded, settings: dict[str, Any]) -> None:
    rows = [{"id": chat["id"], "text": "Oi"} for chat in guarded.chats()[:3]]
    before = guarded.written()
    held = guarded.run("send_message", rows, **settings)
    assert (numbers(held), guarded.written() - before) == ((0, 0, 3), Counter())
    assert held.pause.endswith(".")
    assert numbers(guarded.run("send_message", rows)) == (3, 0, 0)


def test_the_file_stop_stops_every_write_and_goes_on_without_it(guarded: Guarded) -> None:
    rows = [{"id": chat["id"]} for chat in guarded.chats()[:2]]
    (guarded.folder / "state" / "actions").mkdir(parents=True)
    stop = guarded.folder / "state" / "actions" / STOP_FILE
    stop.touch()
    before = guarded.written()
    held = guarded.run("mark_read", rows)
    assert (numbers(held), guarded.written() - before) == ((0, 0, 2), Counter())
    stop.unlink()
    assert numbers(guarded.run("mark_read", rows))[2] == 0


def test_the_cap_of_the_day_is_met_exactly(guarded: Guarded) -> None:
    rows = [{"id": chat["id"], "text": "Oi"} for chat in guarded.chats()[:6]]
    before = guarded.written()
    report = guarded.run("send_message", rows, actions_per_day=4)
    assert numbers(report) == (4, 0, 2)
    assert sum((guarded.written() - before).values()) == 4


def test_free_text_stays_out_of_bots_and_closed_chats(guarded: Guarded) -> None:
    chats = [*guarded.chats("auto")[:2], *guarded.chats("finishing")[:2]]
    before = guarded.written()
    report = guarded.run("send_message", [{"id": chat["id"], "text": "Oi"} for chat in chats])
    assert (numbers(report), guarded.written() - before) == ((0, 4, 0), Counter())


def test_a_request_reaches_nobody_past_the_rules(guarded: Guarded) -> None:
    chat = guarded.chats()[0]
    rows = [
        {"method": "POST", "path": f"chats/{chat['id']}/Messages", "body": '{"text": "Oi"}'},
        {"method": "PUT", "path": f"/contacts/{chat['contactId']}/execFlow/", "body": '{"flowId": 3210}'},
        {"method": "PUT", "path": f"chats/{chat['id']}/read", "body": "{}"},
    ]
    before = guarded.written()
    report = guarded.run("request", rows)
    assert numbers(report) == (1, 2, 0)
    assert sum((guarded.written() - before).values()) == 1


def test_the_quiet_hours_are_those_of_the_accounts_zone(guarded: Guarded) -> None:
    night = replace(SYSTEM_CLOCK, now=lambda: datetime.now(UTC).replace(hour=23, minute=30))
    rows = [{"id": chat["id"], "text": "Oi"} for chat in guarded.chats()[:1]]
    held = guarded.run("send_message", rows, clock=night, quiet_hours="20:00-08:00")
    assert held.pause == "It is 20:30 in America/Sao_Paulo, in the quiet hours 20:00-08:00: run it again after 08:00."
    assert numbers(guarded.run("send_message", rows, clock=night, quiet_hours="21:00-08:00")) == (1, 0, 0)


def test_an_answer_that_a_chat_shows_is_kept_for_all_campaigns(guarded: Guarded) -> None:
    chat = next(each for each in guarded.chats() if _customers_words(each))
    words = _customers_words(chat)
    row = {"id": chat["id"], "text": "Oi"}
    before = guarded.written()
    said = guarded.run("send_message", [row], opt_out_words=(words,))
    later = guarded.run("send_message", [row], campaign="later", opt_out_words=("zzz",))
    assert (numbers(said), numbers(later), guarded.written() - before) == ((0, 1, 0), (0, 1, 0), Counter())


def _customers_words(chat: dict[str, Any]) -> str:
    """Return the last message of a chat if the customer wrote it, and in a form that a setting can hold."""
    last = chat["lastMessage"] or {}
    is_theirs = (last.get("sender") or {}).get("id") == chat["contactId"]
    text = str(last.get("text") or "")
    return text if is_theirs and text and not set(",'\"{}$") & set(text) else ""
