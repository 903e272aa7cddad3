"""Every option of a sandbox in one flat value, with its help text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from huggy_connector.sandbox.fault_kinds import REFUSALS, check_shares, check_write_shares
from huggy_connector.sandbox.webhook_kinds import EVENTS, check_disorders

ORDERS = ("created", "activity")
ROTATIONS = ("rotate", "same", "absent")
RESOURCES = ("chats", "contacts")
API_VERSIONS = ("v3", "v2")
WINDOWS = ("sliding", "fixed", "bucket")
WEBHOOK_MODES = ("panel", "app")
FEEDBACK_FORMS = ("plain", "mixed", "absent")


def _option(default: Any, explanation: str) -> Any:
    return field(default=default, metadata={"help": explanation})


def _no_shares() -> Mapping[str, float]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All options of a sandbox. An impossible value raises ValueError with one sentence."""

    seed: int = _option(1, "The same seed gives the same account, row by row.")
    chats: int = _option(20_000, "Chats at the start.")
    contacts: int | None = _option(None, "Contacts at the start; left out: two for every five chats.")
    agents: int = _option(25, "Agents of the account.")
    departments: int = _option(6, "Departments of the account, 1 to 8.")
    days: int | None = _option(None, "Length of the history in days; left out: as many as give 170 chats a day.")
    open_chats: int = _option(60, "Chats still open at the start, most of them recent.")
    now: str | None = _option(None, "The account's local time at the start, as 2025-03-10T14:00:00; left out: now.")
    timezone: str = _option("America/Sao_Paulo", "Zone of the account, used to tell what its local time is now.")
    company: int = _option(4242, "Number of the company; any other one in the path is refused with 403.")

    api: str = _option("v3", "Version that the printed lines point at; the server answers both: v3 or v2.")
    order: str = _option("created", "Order of the lists, newest first: by creation (created) or activity (activity).")
    page_size: int = _option(20, "Rows of a page.")
    quirks: bool = _option(True, "Spell ids, empty values and missing keys as variously as the real API.")
    odd_situations: float = _option(0.004, "Share of chats in a situation the documentation does not know.")
    bots_as_agents: float = _option(0.25, "Share of chats whose bot speaks as an agent: Auto, id 1, on no list.")
    absent_customers: float = _option(0.02, "Share of chats whose messages do not name the customer.")
    same_ids: bool = _option(False, "Number contacts from the first agent's id on, so that some ids are of both.")
    unknown_fields: bool = _option(False, "Add fields the documentation does not know.")
    broken_values: float = _option(0.0, "Share of rows with a value of the wrong kind, such as 0000-00-00 00:00:00.")
    contact_times: bool = _option(False, "Give contacts createdAt and updatedAt, which no public sample shows.")
    closed_windows: float = _option(
        0.0, "Share of open WhatsApp chats whose 24 hours are over, so that they take templates only."
    )
    feedback: str = _option(
        "plain",
        "The ratings of chats: an object or [] (plain); in many forms, late, changed, off the scale (mixed); no such "
        "path (absent).",
    )
    ignore_situation: bool = _option(False, "Ignore the situation filter of the chats.")

    moving: str = _option("chats", "Which lists move: chats, contacts, or both with a comma between.")
    arrivals_per_second: float = _option(0.0, "New rows a second.")
    changes_per_second: float = _option(0.0, "Rows a second that change; ordered by activity they jump to the head.")
    jumps_per_second: float = _option(0.0, "Rows a second that jump to the head, whatever the order.")
    departures_per_second: float = _option(0.0, "Rows a second that vanish.")
    arrival_every: int = _option(0, "One new row before every so many answers; 0: never.")
    change_every: int = _option(0, "One change before every so many answers; 0: never.")
    jump_every: int = _option(0, "One jump to the head before every so many answers; 0: never.")
    departure_every: int = _option(0, "One row vanishes before every so many answers; 0: never.")

    limit: int = _option(20, "Requests that may arrive in any second; 0: no limit.")
    limit_oauth: bool = _option(True, "Count the OAuth endpoints in the same limit.")
    refusal: str = _option("cycle", f"Form of the 429 answers: {', '.join(REFUSALS)}, or all of them in turns (cycle).")
    latency_ms: float = _option(0.0, "Milliseconds an answer takes at least.")
    latency_spread_ms: float = _option(0.0, "Milliseconds an answer takes more, drawn evenly from 0 to this.")
    latency_sigma_ms: float = _option(0.0, "Milliseconds by which answers differ: one sigma of a normal distribution.")
    way_spread_ms: float = _option(
        0.0, "Milliseconds a request takes more to arrive, drawn evenly from 0 to this, before it is counted."
    )
    limit_window: str = _option(
        "sliding", f"How the limit counts: {', '.join(WINDOWS)} (the last second, each second of the clock, tokens)."
    )

    faults: Mapping[str, float] = field(
        default_factory=_no_shares,
        metadata={"help": "Share of requests that read each fault happens to, as 500=0.02,reset=0.01."},
    )
    write_faults: Mapping[str, float] = field(
        default_factory=_no_shares,
        metadata={"help": "Share of writes each fault of writes happens to, as 500=0.05,reset-before=0.01."},
    )
    read_only: bool = _option(False, "Refuse every write with 403, as to a token that may only read.")
    stall_seconds: float = _option(30.0, "How long the fault stall keeps silent, of reads and of writes.")
    storm_seconds: float = _option(3.0, "How long the fault storm refuses everything.")
    fail_page: str = _option("", "A page that always fails with 500, as chats:7.")
    emptied: str = _option("", "Lists that answer [] although they have rows: chats, contacts, or both.")

    token_days: float = _option(180.0, "Life of the access tokens that a refresh gives, in days.")
    token_days_left: float | None = _option(
        None, "Days the first access token is still good for; negative: expired; left out: until the year 2100."
    )
    rotation: str = _option(
        "rotate", "What a refresh does to the refresh token: a new one, the old dies (rotate), the same, or absent."
    )

    webhook: str = _option("", "Send the account's events to this URL, as http://127.0.0.1:8088/webhook/4242.")
    webhook_mode: str = _option(
        "panel", "How the webhook was set up: in Huggy's panel, with a handshake (panel), or by an app, without (app)."
    )
    webhook_token: str = _option("", "Token of the webhook; left out: made of the seed.")
    webhook_events: str = _option("", "Events to send, with commas between; left out: all.")
    webhook_rate: float = _option(
        1.0, "Events a second that the webhook lets happen in the account, beside the movement of the lists."
    )
    webhook_disorders: Mapping[str, float] = field(
        default_factory=_no_shares,
        metadata={
            "help": "Share of envelopes each disorder happens to, as twice=0.1,late=0.05; all=0.05 is every one."
        },
    )
    webhook_late_seconds: float = _option(120.0, "How late an envelope comes at most, with the disorder late.")
    webhook_timeout: float = _option(5.0, "Seconds after which the webhook gives up waiting for an answer.")
    webhook_retries: int = _option(
        0, "How often a request that was not answered 200 is sent again, after 1, 2, 4, ... seconds."
    )
    webhook_parallel: int = _option(8, "Requests of the webhook that may be under way at once.")

    def __post_init__(self) -> None:
        _check_numbers(self)
        if not 1 <= self.departments <= 8:
            raise ValueError(f"departments is {self.departments}, it must lie between 1 and 8.")
        if self.days is not None and self.days < 1:
            raise ValueError(f"days is {self.days}, the history needs at least one.")
        _check_choice("api", self.api, API_VERSIONS)
        _check_choice("order", self.order, ORDERS)
        _check_choice("limit_window", self.limit_window, WINDOWS)
        _check_choice("refusal", self.refusal, (*REFUSALS, "cycle"))
        _check_choice("rotation", self.rotation, ROTATIONS)
        for name, known in (("moving", RESOURCES), ("emptied", RESOURCES), ("webhook_events", EVENTS)):
            for each in parse_names(getattr(self, name)):
                _check_choice(name, each, known)
        check_shares(self.faults)
        check_write_shares(self.write_faults)
        check_disorders(self.webhook_disorders)
        _check_choice("feedback", self.feedback, FEEDBACK_FORMS)
        _check_choice("webhook_mode", self.webhook_mode, WEBHOOK_MODES)
        _check_url("webhook", self.webhook)
        _check_page(self.fail_page)
        self.local_now()

    def local_now(self) -> datetime:
        """Return the account's local time at the start, without a zone, in whole seconds."""
        if self.now is not None:
            try:
                return datetime.fromisoformat(self.now).replace(tzinfo=None, microsecond=0)
            except ValueError:
                raise ValueError(f"now is {self.now!r}, it must read like 2025-03-10T14:00:00.") from None
        try:
            zone = ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"timezone is {self.timezone!r}, which this machine's zone database lacks.") from None
        return datetime.now(zone).replace(tzinfo=None, microsecond=0)


_NOT_NEGATIVE = (
    *("seed", "chats", "contacts", "open_chats", "company", "limit", "latency_ms", "latency_spread_ms"),
    *("latency_sigma_ms", "way_spread_ms"),
    *("arrivals_per_second", "changes_per_second", "jumps_per_second", "departures_per_second"),
    *("arrival_every", "change_every", "jump_every", "departure_every"),
    *("stall_seconds", "storm_seconds", "token_days"),
    *("webhook_rate", "webhook_late_seconds", "webhook_retries"),
)


def _check_numbers(options: Options) -> None:
    for name in _NOT_NEGATIVE:
        if (value := getattr(options, name)) is not None and value < 0:
            raise ValueError(f"{name} is {value}, it must not be negative.")
    for name in ("agents", "page_size", "webhook_parallel"):
        if getattr(options, name) < 1:
            raise ValueError(f"{name} is {getattr(options, name)}, it must be at least 1.")
    if not options.webhook_timeout > 0:
        raise ValueError(f"webhook_timeout is {options.webhook_timeout}, it must be more than 0.")
    for name in ("odd_situations", "bots_as_agents", "absent_customers", "broken_values", "closed_windows"):
        if not 0 <= getattr(options, name) <= 1:
            raise ValueError(f"{name} is {getattr(options, name)}, it must lie between 0 and 1.")


def parse_names(text: str) -> list[str]:
    """Return the names in a text such as `chats, contacts`. An empty text has none."""
    return [name.strip() for name in text.split(",") if name.strip()]


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} is {value!r}, it must be one of {', '.join(choices)}.")


def _check_url(name: str, text: str) -> None:
    try:
        is_url = not text or (text.startswith(("http://", "https://")) and bool(urlsplit(text).hostname))
    except ValueError:
        is_url = False
    if not is_url:
        raise ValueError(f"{name} is no URL; it must read like http://127.0.0.1:8088/webhook/4242.")


def _check_page(text: str) -> None:
    resource, _, page = text.partition(":")
    if text and not (resource.isalpha() and page.isdecimal()):
        raise ValueError(f"fail_page is {text!r}, it must read like chats:7.")


OPTION_HELP: dict[str, str] = {option.name: option.metadata["help"] for option in fields(Options)}
"""What each option does, by name: the help texts of the command line."""
