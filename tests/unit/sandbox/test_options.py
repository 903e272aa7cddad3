"""The options of a sandbox: what is possible, and what is refused in which words."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, fields
from datetime import datetime, tzinfo
from typing import Any, Self

import pytest

from huggy_connector.sandbox import options as options_module
from huggy_connector.sandbox.options import OPTION_HELP, Options, parse_names
from huggy_connector.sandbox.webhook_kinds import EVENTS


@pytest.mark.parametrize(
    "choices",
    [
        {"chats": -1},
        {"agents": 0},
        {"page_size": 0},
        {"departments": 9},
        {"days": 0},
        {"order": "random"},
        {"refusal": "never"},
        {"rotation": "often"},
        {"moving": "agents"},
        {"emptied": "chats,agents"},
        {"faults": {"501": 0.1}},
        {"write_faults": {"storm": 0.1}},
        {"closed_windows": -0.1},
        {"feedback": "often"},
        {"fail_page": "chats"},
        {"broken_values": 1.1},
        {"now": "yesterday"},
        {"timezone": "Mars/Olympus"},
        {"webhook": "127.0.0.1:8088"},
        {"webhook_mode": "apps"},
        {"webhook_rate": -1},
        {"webhook_parallel": 0},
    ],
)
def test_an_impossible_option_is_refused_in_one_sentence_that_names_it(choices: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=rf"^[^\n]*{next(iter(choices)).removeprefix('write_').rstrip('s')}[^\n]*\.$"):
        Options(**choices)


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"arrivals_per_second": -0.5}, "arrivals_per_second is -0.5, it must not be negative."),
        ({"contacts": -1}, "contacts is -1, it must not be negative."),
        ({"agents": 0}, "agents is 0, it must be at least 1."),
        ({"odd_situations": float("nan")}, "odd_situations is nan, it must lie between 0 and 1."),
        ({"departments": 0}, "departments is 0, it must lie between 1 and 8."),
        ({"days": -3}, "days is -3, the history needs at least one."),
        ({"order": "Created"}, "order is 'Created', it must be one of created, activity."),
        ({"moving": "chats, agents"}, "moving is 'agents', it must be one of chats, contacts."),
        ({"fail_page": "chats:-1"}, "fail_page is 'chats:-1', it must read like chats:7."),
        ({"fail_page": ":7"}, "fail_page is ':7', it must read like chats:7."),
        ({"now": ""}, "now is '', it must read like 2025-03-10T14:00:00."),
        ({"webhook": "ftp://h/x"}, "webhook is no URL; it must read like http://127.0.0.1:8088/webhook/4242."),
        ({"webhook": "http://[h/x"}, "webhook is no URL; it must read like http://127.0.0.1:8088/webhook/4242."),
        ({"webhook_timeout": 0}, "webhook_timeout is 0, it must be more than 0."),
        ({"webhook_disorders": {"late": 2.0}}, "the share of disorder 'late' is 2.0, it must lie between 0 and 1."),
        ({"webhook_mode": "apps"}, "webhook_mode is 'apps', it must be one of panel, app."),
        (
            {"webhook_events": "closedChat,openedChat"},
            f"webhook_events is 'openedChat', it must be one of {', '.join(EVENTS)}.",
        ),
        ({"timezone": ""}, "timezone is '', which this machine's zone database lacks."),
        ({"timezone": "../etc"}, "timezone is '../etc', which this machine's zone database lacks."),
    ],
)
def test_a_refusal_says_what_the_value_is_and_what_it_must_be(choices: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Options(**choices)


@pytest.mark.parametrize(
    "choices",
    [
        {"chats": 0, "contacts": 0, "open_chats": 0, "limit": 0},
        {"departments": 1},
        {"departments": 8},
        {"broken_values": 1.0, "odd_situations": 0.0},
        {"token_days_left": -400.0},
        {"moving": "", "emptied": ""},
        {"moving": " chats ,contacts,"},
        {"fail_page": "contacts:0"},
        {"refusal": "html"},
        {"faults": {"500": 0.5, "reset": 0.5}},
    ],
)
def test_the_edges_of_what_is_possible_are_possible(choices: dict[str, Any]) -> None:
    chosen = Options(**choices)
    assert {name: getattr(chosen, name) for name in choices} == choices


@pytest.mark.parametrize(
    "now", ["2025-03-10T14:00:00", "2025-03-10 14:00:00.999999", "2025-03-10T14:00:00-03:00", "2025-03-10T14:00:00Z"]
)
def test_the_accounts_time_is_local_and_in_whole_seconds(now: str) -> None:
    assert Options(now=now, timezone="Asia/Tokyo").local_now() == datetime(2025, 3, 10, 14)  # noqa: DTZ001


class FixedClock(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.fromisoformat("2025-03-10T23:30:15.75+00:00").astimezone(tz)


@pytest.mark.parametrize(
    ("timezone", "local"),
    [
        ("UTC", "2025-03-10T23:30:15"),
        ("America/Sao_Paulo", "2025-03-10T20:30:15"),
        ("Asia/Kathmandu", "2025-03-11T05:15:15"),
        ("America/New_York", "2025-03-10T19:30:15"),
    ],
)
def test_without_a_time_the_account_has_that_of_its_zone(
    monkeypatch: pytest.MonkeyPatch, timezone: str, local: str
) -> None:
    monkeypatch.setattr(options_module, "datetime", FixedClock)
    assert Options(timezone=timezone).local_now().isoformat() == local


@pytest.mark.parametrize(
    ("text", "names"),
    [("", []), (" , ,", []), ("chats", ["chats"]), (" chats ,contacts, ", ["chats", "contacts"]), ("a b", ["a b"])],
)
def test_names_are_parted_by_commas_alone(text: str, names: list[str]) -> None:
    assert parse_names(text) == names


def test_every_option_has_a_help_text_and_a_default_that_is_possible() -> None:
    assert list(OPTION_HELP) == [option.name for option in fields(Options)]
    assert all(OPTION_HELP[name].endswith(".") for name in Options.__slots__)
    assert Options(now="2025-03-10T14:00:00").faults == {}


def test_options_do_not_change_and_share_no_faults() -> None:
    first, second = Options(chats=1), Options(chats=1)
    with pytest.raises(FrozenInstanceError):
        first.chats = 2  # type: ignore[misc]
    assert first.faults is not second.faults
