"""One Settings value and the one rule of precedence: argument or flag > Airflow connection > environment > default."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from platformdirs import user_state_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from huggy_connector.errors import ConfigurationError

OBJECT_STORES = ("s3", "gs", "az", "abfss")
"""Schemes of the URLs that a landing may have."""

SECRETS = ("access_token", "client_secret", "refresh_token", "hash_key", "landing_access")
"""Settings that have no command line flag and are masked in every repr."""


class Settings(BaseModel):
    """Everything a run is told from outside. Immutable. Each field's environment variable is HUGGY_ and its name."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    base_url: str = Field("https://api.huggy.app/v3", description="Address of the API.")
    auth_url: str = Field("https://auth.huggy.app/oauth", description="Address of the OAuth server.")
    access_token: SecretStr | None = Field(
        None, description="Token of the API: OAuth for v3, from Settings > API for v2."
    )
    client_id: str | None = Field(None, description="Client id of your app in Huggy.")
    client_secret: SecretStr | None = Field(None, description="Client secret of your app in Huggy.")
    refresh_token: SecretStr | None = Field(None, description="Brings a new access token when the old one ends.")
    company_id: int | None = Field(
        None, gt=0, description="Number of the company; the token's main company if not given."
    )
    api_version: Literal["v3", "v2"] = Field("v3", description="Version of the API.")
    language: str = Field("en", pattern="^(en|pt-br|es)$", description="Language of labels: en, pt-br or es.")
    timezone: str = Field("America/Sao_Paulo", description="Zone in which the API's times are meant.")
    requests_per_second: float = Field(
        20.0, gt=0, allow_inf_nan=False, description="Your share of the account's limit of 20 requests a second."
    )
    budget: str = Field("file:", description="Who shares the limit: file: (this host), redis://... (several), memory:.")
    token_store: str | None = Field(None, description="Where refreshed tokens are kept.")
    privacy: str = Field("", description="Rules of privacy over the default ones, such as email=hmac, name=mask.")
    hash_key: SecretStr | None = Field(None, description="Key of hashes and of the list of forgotten people.")
    landing: str = Field(
        "./landing", description="Folder of the Parquet snapshots, or s3://bucket/folder, gs://, az://."
    )
    landing_access: SecretStr | None = Field(
        None, description="Access to a landing in an object store, a JSON object; else from the usual places."
    )
    warehouse: str = Field("./huggy.duckdb", description="The DuckDB file.")
    keep_versions: int = Field(2, ge=1, description="Published versions of the DuckDB file that are kept.")
    memory_limit: str = Field("1GB", description="Memory for DuckDB in a load; the process takes some 250 MB more.")
    stop_on: str = Field(
        "", description="Checks that stop a load instead of warning: chats.fresh, or fresh for every table."
    )
    reconcile_days: float = Field(7.0, gt=0, description="Days after which a sync reads everything again.")
    calendar: str | None = Field(
        None, description="TOML file of business hours, holidays and service targets; Brazil's usual ones if not given."
    )
    report: bool = Field(
        True,
        description="Whether a publish makes the report beside the warehouse, where the extra report is installed.",
    )
    world_readable: bool = Field(
        False, description="Whether every user of the machine may read a new landing or warehouse, as the umask allows."
    )
    publish: str = Field("", description="Folders or URLs that get a copy of each version, commas between them.")
    state: str | None = Field(None, description="Folder of the budget and token files, on a disk of this host.")

    @field_validator("base_url", "auth_url")
    @classmethod
    def _an_http_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ValueError("is no http or https URL such as https://api.huggy.app/v3")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("may hold only scheme, host and path")
        return value.rstrip("/")

    @field_validator("timezone")
    @classmethod
    def _a_known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("is no zone of the IANA database such as America/Sao_Paulo") from None
        return value

    @field_validator("memory_limit")
    @classmethod
    def _a_size(cls, value: str) -> str:
        if not re.fullmatch(r"[1-9][0-9]*(\.[0-9]+)?\s*(MB|MiB|GB|GiB)", value, re.IGNORECASE):
            raise ValueError("is no size such as 512MB or 2GB")
        return value

    @field_validator("landing")
    @classmethod
    def _a_folder_or_a_store(cls, value: str) -> str:
        return _place(value)

    @field_validator("landing_access")
    @classmethod
    def _texts_by_name(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                told = json.loads(value.get_secret_value())
            except ValueError:
                told = None
            if not isinstance(told, dict) or not all(isinstance(each, str) for each in told.values()):
                raise ValueError('is no JSON object of texts such as {"access_key_id": "...", "region": "..."}')
        return value

    @field_validator("publish")
    @classmethod
    def _folders_or_stores(cls, value: str) -> str:
        return " ".join(_place(each) for each in re.split(r"[,\s]+", value.strip()) if each)

    @property
    def zone(self) -> ZoneInfo:
        """The account's zone: how the API's naive times are read."""
        return ZoneInfo(self.timezone)

    @property
    def landing_options(self) -> dict[str, str]:
        """What `landing_access` holds: options of the store in obstore's words."""
        return {} if self.landing_access is None else json.loads(self.landing_access.get_secret_value())

    @property
    def publish_places(self) -> tuple[str, ...]:
        """Further places of the warehouse's versions."""
        return tuple(self.publish.split())

    @property
    def stopping_checks(self) -> frozenset[str]:
        """The checks of `stop_on`."""
        return frozenset(self.stop_on.replace(",", " ").split())

    @property
    def state_folder(self) -> Path:
        """Where the budget and the token files lie: local to the host, private to the user."""
        return Path(self.state).expanduser() if self.state else user_state_path("huggy")

    @classmethod
    def resolve(
        cls,
        *,
        explicit: Mapping[str, Any] | None = None,
        connection: Mapping[str, Any] | None = None,
        environ: Mapping[str, str],
    ) -> Self:
        """Settings from the three sources, each overriding the next. None and "" mean "not given".

        Raises ConfigurationError with one sentence that names the first wrong setting and where it came from.
        """
        given: dict[str, Any] = {}
        origin: dict[str, str] = {}
        sources: tuple[tuple[str, Mapping[str, Any]], ...] = (
            ("{}", {name: environ.get(f"HUGGY_{name.upper()}") for name in cls.model_fields}),
            ("the connection's {}", connection or {}),
            ("the argument {}", explicit or {}),
        )
        for where, source in sources:
            for name, value in source.items():
                if value is not None and value != "":
                    given[name] = value
                    origin[name] = where.format(f"HUGGY_{name.upper()}" if where == "{}" else name)
        try:
            return cls(**given)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            name = str(first["loc"][0])
            shown = "" if name in SECRETS or name not in cls.model_fields else f" {given.get(name)!r}"
            reason = first["msg"].removeprefix("Value error, ")
            raise ConfigurationError(f"{origin.get(name, name)}{shown}: {_sentence(reason)}.") from None


def is_url(place: str) -> bool:
    """Whether a place is given as a URL, and not as a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", place) is not None


def _place(value: str) -> str:
    """A folder, or a URL of an object store without anything secret in it."""
    if not is_url(value):
        return value
    parts = urlsplit(value)
    if parts.scheme not in OBJECT_STORES or not parts.netloc:
        raise ValueError("is neither a folder nor a URL such as s3://bucket/folder, gs://bucket or az://container")
    if parts.password or parts.query or parts.fragment or (parts.username and parts.scheme != "abfss"):
        raise ValueError("may hold only the bucket and a path, and no credentials")
    return value.rstrip("/")


def _sentence(reason: str) -> str:
    return {"Extra inputs are not permitted": "there is no such setting"}.get(reason, reason[:1].lower() + reason[1:])
