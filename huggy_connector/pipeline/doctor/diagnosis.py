"""The diagnosis: all checks in one order, and what they share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from huggy_connector.api import choose_credentials, read_budget
from huggy_connector.clock import Clock
from huggy_connector.pipeline.check import AccountCheck, check_account
from huggy_connector.pipeline.doctor import (
    account,
    configuration,
    disks,
    inbox_checks,
    installation,
    landing_checks,
    ledger_checks,
    locks,
    request_budget,
    warehouse_checks,
)
from huggy_connector.pipeline.doctor.check_row import CheckRow, CheckState, Finding, TextCleaner, Unknown
from huggy_connector.pipeline.doctor.check_runner import MAX_SECONDS, Check, CheckRunner, Fact
from huggy_connector.settings.review import SettingsReview
from huggy_connector.warehouse.read.coverage import read_coverage

_TOKEN = frozenset(
    ("allow_http", "base_url", "auth_url", "access_token", "client_id", "client_secret", "refresh_token", "api_version")
) | {"token_store", "state"}
_BUDGET = _TOKEN | {"budget", "requests_per_second", "longest_pause"}
_API = _BUDGET | {"company_id", "language", "timezone", "clock"}
_LANDING = frozenset(("landing", "landing_access"))
_INBOX = frozenset(("state", "inbox", "webhook_token", "webhook_path"))
_LEDGER = _LANDING | {"state", "ledger", "company_id"}
_WAREHOUSE = frozenset(("warehouse", "timezone", "stop_on", "reconcile_days"))


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A row for each check, and the versions that support asks for. It holds no secret and no personal data."""

    rows: tuple[CheckRow, ...]
    versions: Mapping[str, str | None]

    @property
    def is_ok(self) -> bool:
        """Whether no check failed."""
        return all(row.state is not CheckState.FAILED for row in self.rows)


def diagnose(
    review: SettingsReview,
    *,
    clock: Clock,
    environ: Mapping[str, str],
    offline: bool = False,
    seconds: float = MAX_SECONDS,
) -> Diagnosis:
    """Check everything that support would ask for. No check writes anything but a probe that it removes at once.

    One check asks the API what `Pipeline.check` asks, within the budget: not if `offline`. A check that takes longer
    than so many `seconds` is given up.
    """
    installed = installation.Installation.current()
    proxies = {name: text for name, text in environ.items() if name.lower().endswith("_proxy")}
    cleaner = TextCleaner(_read_home(), (*review.hidden, *_find_proxy_secrets(proxies)))
    checks = (
        *_installation_checks(review, installed, proxies),
        *_account_checks(review, clock, environ, offline=offline),
        *_data_checks(review, clock),
    )
    rows = CheckRunner(cleaner, review.problems, seconds).run(checks)
    return Diagnosis(rows, installed.versions())


def _installation_checks(
    review: SettingsReview, installed: installation.Installation, proxies: Mapping[str, str]
) -> Iterator[Check]:
    yield Check("versions", partial(installation.check_versions, installed))
    yield Check("extras", partial(installation.check_extras, installed, review.settings, proxies=proxies))
    yield Check("platform", installation.check_platform)
    yield Check("settings", partial(configuration.check_settings, review))
    yield Check("state", partial(disks.check_state_folder, review.settings), frozenset({"state"}))


def _account_checks(
    review: SettingsReview, clock: Clock, environ: Mapping[str, str], *, offline: bool
) -> Iterator[Check]:
    settings = review.settings
    credentials = Fact("token", lambda: choose_credentials(settings, now=clock.now, note=lambda _: None))
    budget = Fact("budget", lambda: read_budget(settings, credentials.get_if_known()))
    yield Check("token", partial(account.check_token, settings, credentials, now=clock.now()), _TOKEN)
    yield Check("budget", partial(request_budget.check_budget, budget), _BUDGET)  # before we send anything ourselves
    if offline:
        for name in ("account", "clock", "zone"):
            yield Check(name, _tell_offline)
        return

    def read_account() -> AccountCheck:
        credentials.get_if_known()
        return check_account(settings, clock)

    found = Fact("account", read_account)
    yield Check("account", partial(account.check_account_of, settings, found, budget, environ), _API)
    yield Check("clock", partial(account.check_clock, settings, found), _API)
    yield Check("zone", partial(account.check_zone, found, now=clock.now()), _API)


def _tell_offline() -> Iterator[Finding]:
    raise Unknown("the API was not asked: --offline")


def _data_checks(review: SettingsReview, clock: Clock) -> Iterator[Check]:
    settings, now = review.settings, clock.now()
    landing = Fact("landing", lambda: landing_checks.look_at_landing(settings))
    warehouse = Fact("warehouse", lambda: warehouse_checks.look_at_warehouse(settings, now=now))
    coverage = Fact("coverage", lambda: read_coverage(settings.warehouse, zone=settings.zone))

    def read_growth() -> int:
        needed = "what the next load needs is"
        return warehouse_checks.count_growth(warehouse.get_if_known(needed), landing.get_if_known(needed))

    yield Check("landing", partial(landing_checks.check_landing, settings, landing, now=now), _LANDING)
    yield Check("work", partial(landing_checks.check_unfinished_work, landing, now=now), _LANDING)
    yield Check("locks", partial(locks.check_locks, settings, now=now), frozenset({"warehouse"}))
    yield Check("warehouse", partial(warehouse_checks.check_warehouse, settings, warehouse, landing), _WAREHOUSE)
    yield Check("disk", partial(disks.check_disks, settings, read_growth), _LANDING | {"warehouse", "state"})
    yield Check("freshness", partial(warehouse_checks.check_freshness_now, settings, warehouse, now=now), _WAREHOUSE)
    yield Check("quality", partial(warehouse_checks.check_quality, warehouse), _WAREHOUSE)
    yield Check("coverage", partial(warehouse_checks.check_coverage, warehouse, coverage), _WAREHOUSE)
    yield Check("webhook", partial(inbox_checks.check_inbox, settings, now=now), _INBOX)
    yield Check("actions", partial(ledger_checks.check_ledger, settings, landing, now=now), _LEDGER)


def _read_home() -> Path | None:
    with suppress(RuntimeError):  # the user has none
        return Path.home()
    return None


def _find_proxy_secrets(proxies: Mapping[str, str]) -> Iterator[str]:
    """Yield the passwords in the addresses of proxies; of one with a user alone, that user."""
    for address in proxies.values():
        try:
            parts = urlsplit(address if "://" in address else f"http://{address}")
        except ValueError:
            continue
        if secret := parts.password or parts.username:
            yield from {secret, unquote(secret)}
