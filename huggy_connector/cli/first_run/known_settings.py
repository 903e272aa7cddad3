"""What is known before the first question: the variables of the shell, and the lines of the env file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import EnvFile, Settings, clean_text, name_variable
from huggy_connector.settings.account import ACCOUNT_SECRETS

ADDRESSES = ("base_url", "auth_url", "allow_http")
ACCOUNT = (*ADDRESSES, "api_version", "client_id", *ACCOUNT_SECRETS)
"""Settings of an account: all of one source, or of none."""
ASKED = ("company_id", "timezone", "landing", "warehouse")


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account that somebody has set already. `label` is how a question calls it."""

    label: str
    values: Mapping[str, str] = field(repr=False)
    company_id: str


@dataclass(frozen=True, slots=True)
class KnownSettings:
    """The settings of the shell and of the env file, by their names, none of them empty."""

    shell: Mapping[str, str] = field(repr=False)
    file: Mapping[str, str] = field(repr=False)
    file_name: str

    @classmethod
    def read(cls, environ: Mapping[str, str], env_file: EnvFile) -> KnownSettings:
        """Return what is known. Raises ConfigurationError for a wrong value that no question of ours would mend."""
        Settings.resolve(environ=environ)  # the shell wins over the file: what is wrong there stays wrong
        known = cls(_read_source(environ), _read_source(env_file.values), env_file.name)
        kept = {name_variable(name): value for name, value in known.file.items() if name not in {*ACCOUNT, *ASKED}}
        Settings.resolve(environ={}, env_file=EnvFile(env_file.name, kept))
        return known

    @property
    def account(self) -> KnownAccount | None:
        """The account of the shell, else that of the file, whole; None if neither holds a secret."""
        for source, place in ((self.shell, "this shell"), (self.file, self.file_name)):
            values = {name: source[name] for name in ACCOUNT if name in source}
            if any(name in source for name in ACCOUNT_SECRETS) and self._fits_shell(values):
                what = "token" if "access_token" in source else "app"
                return KnownAccount(f"the {what} of {place}", values, source.get("company_id", ""))
        return None

    def check_beside_shell(self, account: Mapping[str, str]) -> None:
        """Raise ConfigurationError if no command could use this account out of the file: the shell takes precedence."""
        shell, file = ({name_variable(name): value for name, value in each.items()} for each in (self.shell, account))
        Settings.resolve(environ=shell, env_file=EnvFile(self.file_name, file))

    def _fits_shell(self, account: Mapping[str, str]) -> bool:
        try:
            self.check_beside_shell(account)
        except ConfigurationError:
            return False
        return True

    @property
    def others(self) -> dict[str, str]:
        """The variables that no question is about: a check needs them too, such as HUGGY_STATE."""
        named = {**self.file, **self.shell}
        return {name_variable(name): value for name, value in named.items() if name not in {*ACCOUNT, *ASKED}}

    def propose(self, name: str) -> str:
        """Return a valid value for a setting: the shell's, the file's, or the default one as an answer is read."""
        for value in (self.shell.get(name), self.file.get(name)):
            if value is not None:
                try:
                    return read_setting(name, value)
                except ConfigurationError:
                    continue
        return read_setting(name, str(Settings.model_fields[name].default or ""))


def read_setting(name: str, text: str, *, allow_http: str = "") -> str:
    """Return a text as the setting reads it: a path is absolute. Raises ConfigurationError.

    `allow_http` is the setting of that name, which decides about addresses.
    """
    environ = {name_variable("allow_http"): allow_http, name_variable(name): text}
    value = getattr(Settings.resolve(environ=environ), name)
    return "" if value is None else str(value)


def _read_source(source: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in Settings.model_fields:
        try:
            value = clean_text(source.get(name_variable(name), ""))
        except ValueError as error:
            raise ConfigurationError(f"{name_variable(name)}: {error}.") from None
        if value:
            found[name] = value
    return found
