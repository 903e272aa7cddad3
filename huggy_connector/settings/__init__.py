"""One Settings value and the one rule of precedence: argument or flag > Airflow connection > environment > default."""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from platformdirs import user_state_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings.account import ACCOUNT, Source, givers, is_here, is_open
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
from huggy_connector.settings.places import OBJECT_STORES, holds_password, is_url, passwords_in, path_at
from huggy_connector.settings.texts import cleaned, plain, shown, veiled

__all__ = [
    "OBJECT_STORES",
    "SECRETS",
    "Settings",
    "cleaned",
    "holds_password",
    "is_here",
    "is_url",
    "opens_a_store",
    "path_at",
    "plain",
    "shown",
]

SECRETS = ("access_token", "client_secret", "refresh_token", "hash_key", "landing_access")
"""Settings that have no command line flag and are masked in every repr."""


def opens_a_store(option: str) -> bool:
    """Whether an option of an object store is one of those that open it, by its name."""
    return re.search("key|secret|token|password|sas", option, re.IGNORECASE) is not None


class Settings(BaseModel):
    """Everything a run is told from outside. Immutable. Each field's environment variable is HUGGY_ and its name."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True)

    allow_http: bool = Field(
        False, description="Whether secrets may go to an http:// address elsewhere than on this machine."
    )  # before the addresses, which ask for it
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

    @field_validator("*", mode="before")
    @classmethod
    def _as_written(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, bool) and cls.model_fields[info.field_name or ""].annotation is not bool:
            raise ValueError("is yes or no, and something else is due")
        return plain(value)

    @field_validator("base_url", "auth_url")
    @classmethod
    def _in_secret(cls, address: str, info: ValidationInfo) -> str:
        if is_open(address) and not info.data.get("allow_http"):
            raise ValueError("would show secrets to the network: write https://, or set HUGGY_ALLOW_HTTP to yes")
        return address

    @property
    def zone(self) -> ZoneInfo:
        """The account's zone: how the API's naive times are read."""
        return ZoneInfo(self.timezone)

    @property
    def landing_options(self) -> dict[str, str]:
        """What `landing_access` holds: options of the store in obstore's words."""
        return {} if self.landing_access is None else json.loads(self.landing_access.get_secret_value())

    @property
    def secrets(self) -> tuple[str, ...]:
        """All texts among the settings that nobody should read, for a log to leave them out."""
        whole = [secret.get_secret_value() for name in SECRETS if (secret := getattr(self, name)) is not None]
        keys = [text for name, text in self.landing_options.items() if opens_a_store(name)]
        return (*whole, *keys, *passwords_in(self.budget), *passwords_in(self.token_store or ""))

    @property
    def state_folder(self) -> Path:
        """Where the budget and the token files lie: local to the host, private to the user."""
        if self.state:
            return Path(self.state)
        with suppress(RuntimeError):  # of a user without a home folder
            if (folder := user_state_path("huggy")).is_absolute():
                return folder
        raise ConfigurationError(
            "This user has no home folder: set HUGGY_STATE to a folder of your own on a local disk."
        )

    def __repr_args__(self) -> Any:
        """As an error would quote them, for a log may quote all of them."""
        return [(name, _veiled(value)) for name, value in super().__repr_args__()]

    @classmethod
    def resolve(
        cls,
        *,
        explicit: Mapping[str, Any] | None = None,
        connection: Mapping[str, Any] | None = None,
        environ: Mapping[str, str],
    ) -> Self:
        """Settings from the three sources, each overriding the next. None and "" mean "not given".

        The account's addresses and secrets come from one of them: see `account`. Without a `connection` (None, not an
        empty one) arguments and environment count as one: they are a command line and its shell, of the same person.
        Raises ConfigurationError with one sentence that names the first wrong setting and where it came from.
        """
        from_environment = {name: environ.get(f"HUGGY_{name.upper()}") for name in cls.model_fields}
        shell = cls._source(from_environment, _of_environment)
        arguments = cls._source(explicit or {}, _of_arguments)
        if connection is None:
            sources = [Source({**shell.values, **arguments.values}, lambda name: _in_shell(name, arguments))]
        else:
            sources = [arguments, cls._source(connection, _of_connection, trusts_no_other=True), shell]
        addresses = {name: str(cls.model_fields[name].default) for name in ("base_url", "auth_url")}
        giver = {name: each for each in reversed(sources) for name in each.values if name not in ACCOUNT}
        giver |= givers(sources, default=addresses)
        given = {name: each.values[name] for name, each in giver.items()}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            name = str(first["loc"][0])
            called = giver[name].called(name) if name in giver else _of_environment(name)
            told = "" if name in SECRETS else shown(given.get(name, cls.model_fields[name].default))
            raise ConfigurationError(f"{called}{told}: {_sentence(first['msg'])}.") from None

    @classmethod
    def _source(
        cls, written: Mapping[str, Any], called: Callable[[str], str], *, trusts_no_other: bool = False
    ) -> Source:
        """What is given there. Raises ConfigurationError for what is no setting, and for what cannot be read."""
        values: dict[str, Any] = {}
        for name, each in written.items():
            if name not in cls.model_fields:
                raise ConfigurationError(f"{called(name)}: there is no such setting.")
            try:
                value = plain(each)
            except ValueError as error:
                raise ConfigurationError(f"{called(name)}: {error}.") from None
            if value is not None:
                values[name] = value
        return Source(values, called, trusts_no_other)


def _veiled(value: Any) -> Any:
    match value:
        case str():
            return veiled(value)
        case tuple():
            return tuple(map(_veiled, value))
        case _:
            return value


def _of_environment(name: str) -> str:
    return f"HUGGY_{name.upper()}"


def _of_arguments(name: str) -> str:
    return f"the argument {_known(name)}"


def _of_connection(name: str) -> str:
    return f"the connection's {_known(name)}"


def _in_shell(name: str, arguments: Source) -> str:
    return (_of_arguments if name in arguments.values else _of_environment)(name)


def _known(name: str) -> str:
    """A setting's name; of one that there is not, as much as tells which."""
    return name if name.isidentifier() else shown(name).strip() or repr(name)


def _sentence(reason: str) -> str:
    reason = reason.removeprefix("Value error, ")
    return reason[:1].lower() + reason[1:]
