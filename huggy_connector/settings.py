"""One Settings value and the one rule of precedence: argument or flag > Airflow connection > environment > default."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from platformdirs import user_state_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from huggy_connector.errors import ConfigurationError

SECRETS = ("access_token", "client_secret", "refresh_token", "hash_key")
"""Settings that have no command line flag and are masked in every repr."""


class Settings(BaseModel):
    """Everything a run is told from outside. Immutable. A field's environment variable is HUGGY_ and its name, capital."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    base_url: str = "https://api.huggy.app/v3"
    auth_url: str = "https://auth.huggy.app/oauth"
    access_token: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    company_id: int | None = Field(default=None, gt=0)
    api_version: Literal["v3", "v2"] = "v3"
    language: str = "en"
    timezone: str = "America/Sao_Paulo"
    requests_per_second: float = Field(default=20.0, gt=0, allow_inf_nan=False)
    budget: str = "file:"
    token_store: str | None = None
    hash_key: SecretStr | None = None
    landing: str = "./landing"
    warehouse: str = "./huggy.duckdb"
    keep_versions: int = Field(default=2, ge=1)
    publish: tuple[str, ...] = ()
    state: str | None = None

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

    @field_validator("landing")
    @classmethod
    def _a_folder(cls, value: str) -> str:
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", value):
            raise ValueError("is a URL, and object stores are not supported yet: give a folder on a local disk")
        return value

    @field_validator("publish", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return tuple(filter(None, (part.strip() for part in value.split(",")))) if isinstance(value, str) else value

    @property
    def zone(self) -> ZoneInfo:
        """The account's zone: how the API's naive times are read."""
        return ZoneInfo(self.timezone)

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
            shown = "" if name in SECRETS else f" {given.get(name)!r}"
            reason = first["msg"].removeprefix("Value error, ")
            raise ConfigurationError(f"{origin.get(name, name)}{shown}: {_sentence(reason)}.") from None


def _sentence(reason: str) -> str:
    return {"Extra inputs are not permitted": "there is no such setting"}.get(reason, reason[:1].lower() + reason[1:])
