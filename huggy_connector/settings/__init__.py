"""The settings of a run. One rule of precedence: argument or flag > Airflow connection > environment > default.

A command line has an env file too, between its environment and the defaults: see `env_file`.
"""

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from platformdirs import user_state_path
from pydantic import ConfigDict, ValidationError, ValidationInfo, field_validator

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings.account import (
    ACCOUNT,
    SettingsSource,
    choose_sources,
    is_this_machine,
    is_unencrypted,
    keep_permission_with_addresses,
)
from huggy_connector.settings.env_file import EnvFile, read_env_file
from huggy_connector.settings.fields import SettingsFields
from huggy_connector.settings.places import OBJECT_STORES, find_passwords, has_password, is_url, parse_path
from huggy_connector.settings.secret_names import SECRETS, is_secret_variable, is_store_secret
from huggy_connector.settings.source_names import name_in_arguments, name_in_connection, name_in_shell, name_variable
from huggy_connector.settings.texts import clean_text, normalize_value, quote_value, redact
from huggy_connector.settings.version_defaults import defaults_of_version

__all__ = [
    "OBJECT_STORES",
    "SECRETS",
    "EnvFile",
    "Settings",
    "clean_text",
    "has_password",
    "is_secret_variable",
    "is_store_secret",
    "is_this_machine",
    "is_url",
    "name_variable",
    "normalize_value",
    "parse_path",
    "quote_value",
]

_BUILDING = threading.Lock()


class Settings(SettingsFields):
    """The settings of a run. Immutable. The environment variable of a field is HUGGY_ and its name."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True, defer_build=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _normalize(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, bool) and cls.model_fields[info.field_name or ""].annotation is not bool:
            raise ValueError("is yes or no, and something else is due")
        return normalize_value(value)

    @field_validator("base_url", "auth_url")
    @classmethod
    def _check_encrypted(cls, address: str, info: ValidationInfo) -> str:
        if is_unencrypted(address) and not info.data.get("allow_http"):
            raise ValueError("would show secrets to the network: write https://, or set HUGGY_ALLOW_HTTP to yes")
        return address

    @property
    def zone(self) -> ZoneInfo:
        """The account's time zone, in which the API's naive times are read."""
        return ZoneInfo(self.timezone)

    @property
    def names_of_companies(self) -> dict[int, str]:
        """The names of companies by their numbers."""
        parts = (text.partition("=") for text in self.company_names)
        return {int(number): name.strip() for number, _, name in parts}

    @property
    def landing_options(self) -> dict[str, str]:
        """The options of obstore in `landing_access`."""
        return {} if self.landing_access is None else json.loads(self.landing_access.get_secret_value())

    @property
    def secrets(self) -> tuple[str, ...]:
        """All secret texts of the settings, for a log that masks them."""
        whole = [secret.get_secret_value() for name in SECRETS if (secret := getattr(self, name)) is not None]
        keys = [text for name, text in self.landing_options.items() if is_store_secret(name)]
        return (*whole, *keys, *find_passwords(self.budget), *find_passwords(self.token_store or ""))

    @property
    def state_folder(self) -> Path:
        """The folder of the budget and the token files: local to the host, private to the user."""
        if self.state:
            return Path(self.state)
        with suppress(RuntimeError):  # the user has no home folder
            if (folder := user_state_path("huggy")).is_absolute():
                return folder
        raise ConfigurationError(
            "This user has no home folder: set HUGGY_STATE to a folder of your own on a local disk."
        )

    @property
    def inbox_folder(self) -> Path:
        """The folder of the webhook's inbox: local to the host, private to the user."""
        return Path(self.inbox) if self.inbox else self.state_folder / "inbox"

    @property
    def ledger_folder(self) -> Path:
        """The folder of the ledger of actions: local to the host, private to the user."""
        return Path(self.ledger) if self.ledger else self.state_folder / "actions"

    def __repr_args__(self) -> Any:
        """Return the values as an error quotes them: a log may show all of them."""
        return [(name, _redact_value(value)) for name, value in super().__repr_args__()]

    @classmethod
    def resolve(
        cls,
        *,
        explicit: Mapping[str, Any] | None = None,
        connection: Mapping[str, Any] | None = None,
        environ: Mapping[str, str],
        env_file: EnvFile | None = None,
    ) -> Self:
        """Return the settings from these sources; each overrides the next. None and "" mean "not given".

        The account's addresses and secrets come from one source: see `account`. Without a `connection` (None, not an
        empty one) arguments and environment count as one source: they are one person's command line and shell. An env
        file is another one: somebody else may have put it there. Raises ConfigurationError with one sentence that names
        the first wrong setting and its source.
        """
        with _BUILDING:  # pydantic builds the class at its first use; older ones do not guard that against threads
            cls.model_rebuild()
        from_environment = {name: environ.get(name_variable(name)) for name in cls.model_fields}
        shell = cls._read_source(from_environment, name_variable)
        arguments = cls._read_source(explicit or {}, name_in_arguments)
        if connection is None:
            sources = [
                SettingsSource({**shell.values, **arguments.values}, lambda name: name_in_shell(name, arguments))
            ]
        else:
            sources = [arguments, cls._read_source(connection, name_in_connection, is_one_host=True), shell]
        if env_file is not None:
            from_file = {name: env_file.values.get(name_variable(name)) for name in cls.model_fields}
            in_file = f" in {env_file.name}"
            sources.append(cls._read_source(from_file, lambda name: f"{name_variable(name)}{in_file}"))
        version = next((each.values["api_version"] for each in sources if "api_version" in each.values), "")
        own = defaults_of_version(str(version))
        addresses = {name: own.get(name, str(cls.model_fields[name].default)) for name in ("base_url", "auth_url")}
        source_of = {name: each for each in reversed(sources) for name in each.values if name not in ACCOUNT}
        source_of |= choose_sources(sources, default=addresses)
        if env_file is not None:
            keep_permission_with_addresses(source_of, sources[-1])
        given = {name: each.values[name] for name, each in source_of.items()}
        try:
            settings = cls.model_validate({**own, **given})
            settings.model_fields_set.intersection_update(given)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            name = str(first["loc"][0])
            label = source_of[name].name_of(name) if name in source_of else name_variable(name)
            quoted = "" if name in SECRETS else quote_value(given.get(name, cls.model_fields[name].default))
            raise ConfigurationError(f"{label}{quoted}: {_clean_reason(first['msg'])}.") from None
        return settings

    @classmethod
    def read_env_file(cls, environ: Mapping[str, str]) -> EnvFile | None:
        """Return the env file of a command line; None if there is none. Raises ConfigurationError. See `env_file`."""
        names = [name_variable(name) for name in cls.model_fields]
        return read_env_file(environ, names=names, is_secret=is_secret_variable)

    @classmethod
    def _read_source(
        cls, given: Mapping[str, Any], name_of: Callable[[str], str], *, is_one_host: bool = False
    ) -> SettingsSource:
        """Return the source with its values. Raises ConfigurationError for unknown settings and invalid texts."""
        values: dict[str, Any] = {}
        for name, raw in given.items():
            if name not in cls.model_fields:
                raise ConfigurationError(f"{name_of(name)}: there is no such setting.")
            try:
                value = normalize_value(raw)
            except ValueError as error:
                raise ConfigurationError(f"{name_of(name)}: {error}.") from None
            if value is not None:
                values[name] = value
        return SettingsSource(values, name_of, is_one_host)


def _redact_value(value: Any) -> Any:
    match value:
        case str():
            return redact(value)
        case tuple():
            return tuple(map(_redact_value, value))
        case _:
            return value


def _clean_reason(reason: str) -> str:
    reason = reason.removeprefix("Value error, ")
    return reason[:1].lower() + reason[1:]
