"""The settings of a run. One rule of precedence: argument or flag > Airflow connection > environment > default.

A command line has an env file too, between its environment and the defaults: see `env_file`.
"""

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from platformdirs import user_state_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator

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
from huggy_connector.settings.kinds import (
    Access,
    Language,
    Listed,
    LocalFile,
    Place,
    Places,
    Rules,
    Size,
    Spec,
    WebAddress,
    Zone,
)
from huggy_connector.settings.places import OBJECT_STORES, find_passwords, has_password, is_url, parse_path
from huggy_connector.settings.secret_names import SECRETS, is_secret_variable, is_store_secret
from huggy_connector.settings.source_names import name_in_arguments, name_in_connection, name_in_shell, name_variable
from huggy_connector.settings.texts import clean_text, normalize_value, quote_value, redact

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


class Settings(BaseModel):
    """The settings of a run. Immutable. The environment variable of a field is HUGGY_ and its name."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True, defer_build=True
    )

    allow_http: bool = Field(
        False, description="Whether secrets may go to an http:// address elsewhere than on this machine."
    )  # before the addresses, whose check reads it
    base_url: WebAddress = Field("https://api.huggy.app/v3", description="Address of the API.")
    auth_url: WebAddress = Field("https://auth.huggy.app/oauth", description="Address of the OAuth server.")
    access_token: SecretStr | None = Field(
        None, description="Token of the API: OAuth for v3, from Settings > API for v2."
    )
    client_id: str | None = Field(None, description="Client id of your app in Huggy.")
    client_secret: SecretStr | None = Field(None, description="Client secret of your app in Huggy.")
    refresh_token: SecretStr | None = Field(None, description="Brings a new access token when the old one ends.")
    company_id: int | None = Field(
        None, gt=0, lt=2**63, description="Number of the company; the token's main company if not given."
    )
    api_version: Literal["v3", "v2"] = Field("v3", description="Version of the API.")
    language: Language = Field("en", description="Language of labels: en, pt-br or es.")
    timezone: Zone = Field("America/Sao_Paulo", description="Zone in which the API's times are meant.")
    requests_per_second: float = Field(
        20.0,
        gt=0,
        le=100_000,
        allow_inf_nan=False,
        description="Your share of the account's limit of 20 requests a second.",
    )
    clock: Literal["api", "host"] = Field(
        "api", description="By whose clock rows are read, where the two differ by minutes: api or host."
    )
    longest_pause: float = Field(
        3600.0,
        gt=0,
        le=86_400,
        allow_inf_nan=False,
        description="Seconds: a longer pause that the API asks for is refused with a sentence.",
    )
    budget: Spec = Field(
        "file:", description="Who shares the limit: file: (this host), redis://... (several), memory:."
    )
    token_store: Spec | None = Field(None, description="Where refreshed tokens are kept.")
    privacy: Rules = Field("", description="Rules of privacy over the default ones, such as email=hmac, name=mask.")
    hash_key: SecretStr | None = Field(None, description="Key of hashes and of the list of forgotten people.")
    landing: Place = Field(
        "./landing", description="Folder of the Parquet snapshots, or s3://bucket/folder, gs://, az://."
    )
    landing_access: Access | None = Field(
        None, description="Access to a landing in an object store, a JSON object; else from the usual places."
    )
    warehouse: LocalFile = Field("./huggy.duckdb", description="The DuckDB file.")
    keep_versions: int = Field(2, ge=1, description="Published versions of the DuckDB file that are kept.")
    memory_limit: Size = Field("1GB", description="Memory for DuckDB in a load; the process takes some 250 MB more.")
    stop_on: Listed = Field(
        (), description="Checks that stop a load instead of warning: chats.fresh, or fresh for every table."
    )
    reconcile_days: float = Field(
        7.0, gt=0, le=36_500, allow_inf_nan=False, description="Days after which a sync reads everything again."
    )
    calendar: LocalFile | None = Field(
        None, description="TOML file of business hours, holidays and service targets; Brazil's usual ones if not given."
    )
    report: bool = Field(
        True,
        description="Whether a publish makes the report beside the warehouse, where the extra report is installed.",
    )
    world_readable: bool = Field(
        False, description="Whether every user of the machine may read a new landing or warehouse, as the umask allows."
    )
    publish: Places = Field((), description="Folders or URLs that get a copy of each version, commas between them.")
    state: LocalFile | None = Field(None, description="Folder of the budget and token files, on a disk of this host.")
    webhook_token: SecretStr | None = Field(
        None, description="Token that Huggy's webhook sends; two, with a comma between them, while it is changed."
    )
    webhook_path: SecretStr | None = Field(
        None, description="Secret last part of the webhook's address: only events that are sent there are taken."
    )
    inbox: LocalFile | None = Field(
        None, description="Folder of what the webhook received, on a disk of this host; under HUGGY_STATE if not given."
    )
    inbox_days: float = Field(
        7.0, ge=0, le=36_500, allow_inf_nan=False, description="Days that a received event stays there once landed."
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
        addresses = {name: str(cls.model_fields[name].default) for name in ("base_url", "auth_url")}
        source_of = {name: each for each in reversed(sources) for name in each.values if name not in ACCOUNT}
        source_of |= choose_sources(sources, default=addresses)
        if env_file is not None:
            keep_permission_with_addresses(source_of, sources[-1])
        given = {name: each.values[name] for name, each in source_of.items()}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            name = str(first["loc"][0])
            label = source_of[name].name_of(name) if name in source_of else name_variable(name)
            quoted = "" if name in SECRETS else quote_value(given.get(name, cls.model_fields[name].default))
            raise ConfigurationError(f"{label}{quoted}: {_clean_reason(first['msg'])}.") from None

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
