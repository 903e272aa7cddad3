"""The five questions of a first run, and what their answers mean for the env file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from huggy_connector.cli.first_run.account_questions import AccountQuestions
from huggy_connector.cli.first_run.checks import Checks
from huggy_connector.cli.first_run.known_settings import ACCOUNT, KnownSettings, read_setting
from huggy_connector.cli.first_run.questions import Questions
from huggy_connector.errors import ConfigurationError
from huggy_connector.pipeline import AccountCheck
from huggy_connector.pipeline.check import MAX_AHEAD_MINUTES
from huggy_connector.settings import Settings
from huggy_connector.settings.kinds import zone_names

_OTHER_CITIES = {"brasilia": "America/Sao_Paulo", "brasília": "America/Sao_Paulo", "são_paulo": "America/Sao_Paulo"}
"""Names that people give to zones, and the database does not."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers by the names of settings; None: the default holds, and no line says so."""

    values: Mapping[str, str | None] = field(repr=False)
    has_token: bool
    """Whether Huggy was asked. An app has no token before its login."""


@dataclass(frozen=True, slots=True)
class Interview:
    questions: Questions
    checks: Checks
    known: KnownSettings
    now: Callable[[], datetime]

    def run(self) -> Answers:
        """Ask all five. Nothing is written. Raises HuggyError for a wrong answer of a pipe."""
        account = AccountQuestions(self.questions, self.checks, self.known).ask()
        zone = self._ask_zone(account.check)
        landing, warehouse = self._ask_landing(), self._ask_warehouse()
        values = {name: _drop_default(name, account.values.get(name, "")) for name in ACCOUNT}
        values |= {"company_id": account.company_id or None}
        values |= {"timezone": zone, "landing": landing, "warehouse": warehouse}
        return Answers(values, has_token=account.check is not None)

    def _ask_zone(self, check: AccountCheck | None) -> str:
        self.questions.begin("3. The account's time zone")
        proposal = self.known.propose("timezone")
        if check is not None and check.newest_chat_at is not None:
            sentence, proposal = describe_newest_chat(check, check.newest_chat_at)
            self.questions.tell(sentence)
        zone = self.questions.ask("Time zone", lambda text: self._read_zone(text, check), proposal=proposal)
        self.questions.tell(f"There it is {self.now().astimezone(ZoneInfo(zone)):%H:%M} now.")
        return zone

    def _read_zone(self, text: str, check: AccountCheck | None) -> str:
        """Return the zone. A person is asked about one in which the newest chat is of the future."""
        zone = _read_zone(text)
        minutes = 0 if check is None or zone == check.timezone else _count_minutes_ahead(check, zone)
        if minutes > MAX_AHEAD_MINUTES:
            self.questions.tell(f"Read in {zone}, the newest chat is {_format_span(minutes)} in the future.")
            if self.questions.has_person and not self.questions.confirm("Take it all the same?", default=False):
                raise ConfigurationError("Then give another zone.")
        return zone

    def _ask_landing(self) -> str:
        def read(text: str) -> str:
            landing = read_setting("landing", text)
            self.checks.check_landing(landing)
            return landing

        self.questions.begin("4. The landing: the folder of the Parquet files, or s3://bucket/folder, gs://, az://")
        return self.questions.ask("Landing", read, proposal=self.known.propose("landing"))

    def _ask_warehouse(self) -> str:
        def read(text: str) -> str:
            warehouse = read_setting("warehouse", text)
            self.checks.check_warehouse(warehouse)
            return warehouse

        self.questions.begin("5. The warehouse: the DuckDB file, on a disk of this machine")
        return self.questions.ask("DuckDB file", read, proposal=self.known.propose("warehouse"))


def describe_newest_chat(check: AccountCheck, newest: datetime) -> tuple[str, str]:
    """Return what the newest chat says about the zone, and the zone to propose.

    A chat cannot be of the future: then another zone fits better. An old one may be from a quiet hour, so it is told,
    and the zone stays.
    """
    minutes = round((check.local_time - newest) / timedelta(minutes=1))
    fit = check.fitting_zones[0] if check.fitting_zones else ""
    if minutes < -MAX_AHEAD_MINUTES:
        said = f"Read in {check.timezone}, the newest chat is {_format_span(-minutes)} in the future."
        return (f"{said} In {fit} it is of this moment.", fit) if fit else (said, check.timezone)
    said = f"Read in {check.timezone}, the newest chat is {_format_span(max(minutes, 0))} old."
    return f"{said} If somebody wrote just now, the zone is {fit}." if fit else said, check.timezone


def _count_minutes_ahead(check: AccountCheck, zone: str) -> int:
    """Return by how many minutes the newest chat is in the future if its time is meant in `zone`; 0 without a chat."""
    if check.newest_chat_at is None:
        return 0
    written = check.newest_chat_at.astimezone(ZoneInfo(check.timezone)).replace(tzinfo=ZoneInfo(zone))
    return round((written - check.local_time) / timedelta(minutes=1))


def _format_span(minutes: int) -> str:
    for size, name in ((1440, "days"), (60, "hours")):
        if minutes >= 2 * size:
            return f"{minutes / size:,.0f} {name}"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


def _read_zone(text: str) -> str:
    try:
        return read_setting("timezone", text)
    except ConfigurationError as error:
        if near := _find_near_zone(text):
            raise ConfigurationError(f"{error} Is {near} meant?") from None
        raise


def _find_near_zone(text: str) -> str:
    """Return the zone that a city or a slip most likely means; "" if there is none."""
    names = {name.lower(): name for name in sorted(zone_names())}
    cities = {name.rpartition("/")[2]: full for name, full in names.items()} | _OTHER_CITIES
    written = text.strip().lower().replace(" ", "_")
    if re.search(r"\d", written):  # an offset: GMT-3 is like GMT-0 to no one but a program
        return ""
    for known in (names, cities):
        if near := get_close_matches(written, known, n=1, cutoff=0.75):
            return known[near[0]]
    return ""


def _drop_default(name: str, value: str) -> str | None:
    return None if value in {"", str(Settings.model_fields[name].default)} else value
