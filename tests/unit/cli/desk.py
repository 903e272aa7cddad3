"""For the tests of `huggy init`: a person at a terminal, and a Huggy that answers what it is told to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from typing import IO
from zoneinfo import ZoneInfo

from huggy_connector.cli.first_run.known_settings import KnownSettings
from huggy_connector.cli.first_run.questions import Questions
from huggy_connector.cli.output import show_prompt
from huggy_connector.errors import HuggyError
from huggy_connector.pipeline import AccountCheck
from huggy_connector.settings import EnvFile

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def sit_down(*lines: str) -> Questions:
    """A person who types these lines, hidden ones too."""

    def read_hidden(source: IO[str], prompt: str) -> str:
        show_prompt(prompt)
        if not (line := source.readline()):
            raise EOFError
        return line.rstrip("\n")

    return Questions(StringIO("".join(f"{line}\n" for line in lines)), has_person=True, read_hidden=read_hidden)


def know(shell: Mapping[str, str] | None = None, file: Mapping[str, str] | None = None) -> KnownSettings:
    """The settings of a shell and of an env file, by their names."""
    environ, values = (
        {f"HUGGY_{name.upper()}": value for name, value in (each or {}).items()} for each in (shell, file)
    )
    return KnownSettings.read(environ, EnvFile(".env", values))


def found(company: int = 4242, **others: object) -> AccountCheck:
    """What Huggy says about a token of the company 4242."""
    zone = str(others.pop("timezone", "America/Sao_Paulo"))
    told: dict[str, object] = {
        "agent": "Ana Souza",
        "agent_id": 9001,
        "company_id": company,
        "main_company_id": 4242,
        "token_expires_at": datetime(2027, 5, 1, tzinfo=UTC),
        "clock_skew": 0.0,
        "timezone": zone,
        "local_time": NOW.astimezone(ZoneInfo(zone)),
    }
    return AccountCheck(**(told | others))  # type: ignore[arg-type]


@dataclass
class FakeChecks:
    """`answer` says who a token is, or raises. Places are refused by the sentences in `refused`."""

    answer: Callable[[Mapping[str, str]], AccountCheck] = lambda _: found()
    refused: Mapping[str, HuggyError] = field(default_factory=dict)
    logged_in: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)

    def has_token(self, account: Mapping[str, str]) -> bool:
        return "access_token" in account or self.logged_in

    def check_account(self, account: Mapping[str, str]) -> AccountCheck:
        self.asked.append(dict(account))
        return self.answer(account)

    def check_landing(self, landing: str) -> None:
        self._refuse(landing)

    def check_warehouse(self, warehouse: str) -> None:
        self._refuse(warehouse)

    def _refuse(self, place: str) -> None:
        if place in self.refused:
            raise self.refused[place]
