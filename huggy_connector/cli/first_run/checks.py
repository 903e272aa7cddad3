"""The checks of answers by the real thing: Huggy, the disk, DuckDB."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from huggy_connector.api import choose_credentials
from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.errors import ConfigurationError
from huggy_connector.pipeline import AccountCheck, Pipeline
from huggy_connector.pipeline.place_checks import check_landing_place, check_warehouse_place
from huggy_connector.settings import Settings, name_variable


class Checks(Protocol):
    """What an interview needs to know about its answers: settings by their names. Each raises HuggyError."""

    def has_token(self, account: Mapping[str, str]) -> bool:
        """Say whether there is a token to ask Huggy with: an app has none before its login.

        Raise for a text that can be none.
        """

    def check_account(self, account: Mapping[str, str]) -> AccountCheck:
        """Return who the token is."""

    def check_landing(self, landing: str) -> None:
        """Raise if nothing can be landed there."""

    def check_warehouse(self, warehouse: str) -> None:
        """Raise if no warehouse can be built there."""


@dataclass(frozen=True, slots=True)
class RealChecks:
    """The checks under the `others` of the shell and the env file: variables that no question is about."""

    others: Mapping[str, str] = field(repr=False)

    def has_token(self, account: Mapping[str, str]) -> bool:
        try:
            choose_credentials(self._resolve(account), now=SYSTEM_CLOCK.now, note=lambda _: None)
        except ConfigurationError:
            if "access_token" in account or "refresh_token" in account:
                raise  # it is there, and no token
            return False
        return True

    def check_account(self, account: Mapping[str, str]) -> AccountCheck:
        return Pipeline(self._resolve(account)).check()

    def check_landing(self, landing: str) -> None:
        check_landing_place(self._resolve({"landing": landing}))

    def check_warehouse(self, warehouse: str) -> None:
        check_warehouse_place(self._resolve({"warehouse": warehouse}))

    def _resolve(self, given: Mapping[str, str]) -> Settings:
        return Settings.resolve(
            environ={**self.others, **{name_variable(name): value for name, value in given.items()}}
        )
