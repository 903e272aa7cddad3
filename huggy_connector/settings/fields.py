"""The fields of the settings: name, type, default, and one sentence for the docs. How they are resolved: `__init__`."""

from typing import Literal

from pydantic import BaseModel, Field, SecretStr

from huggy_connector.settings.kinds import (
    Access,
    CompanyNames,
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


class SettingsFields(BaseModel):
    """What `Settings` holds. The environment variable of a field is HUGGY_ and its name."""

    allow_http: bool = Field(
        False, description="Whether secrets may go to an http:// address elsewhere than on this machine."
    )  # before the addresses, whose check reads it
    base_url: WebAddress = Field("https://api.huggy.app/v3", description="Address of the API; for v2 it ends in /v2.")
    auth_url: WebAddress = Field("https://auth.huggy.app/oauth", description="Address of the OAuth server.")
    access_token: SecretStr | None = Field(
        None, description="Token of the API: OAuth for v3, from Settings > API for v2."
    )
    client_id: str | None = Field(None, description="Client id of your app in Huggy.")
    client_secret: SecretStr | None = Field(None, description="Client secret of your app in Huggy.")
    refresh_token: SecretStr | None = Field(None, description="Brings a new access token when the old one ends.")
    company_id: int | None = Field(
        None, gt=0, lt=2**63, description="Number of the company; the token's main one if not given. v2 needs it."
    )
    api_version: Literal["v3", "v2"] = Field("v3", description="Version of the API.")
    language: Language = Field("en", description="Language of labels: en, pt-br or es; for v2 pt-br.")
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
    company_names: CompanyNames = Field(
        (), description="Names of companies in the report, such as 4242=North Clinic, 77=South Store."
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
    ledger: LocalFile | None = Field(
        None, description="Folder of the ledger of actions, on a disk of this host; under HUGGY_STATE if not given."
    )
    actions: Literal["on", "off"] = Field("on", description="off stops every write to Huggy: the kill switch.")
    actions_allow: Listed = Field(
        (), description="Chats and contacts that actions may touch, such as chat:700001, contact:800001; all if empty."
    )
    actions_per_day: int = Field(
        5000, ge=0, description="Messages and other actions that reach a customer, at most, in 24 hours."
    )
    actions_max_refusals: int = Field(10, ge=1, description="Refusals in a row after which a campaign stops.")
    actions_max_age: float = Field(
        24.0, gt=0, allow_inf_nan=False, description="Hours: a query over older data starts no campaign."
    )
    quiet_hours: str = Field(
        "calendar",
        description="When no action reaches a customer: calendar (outside the hours of HUGGY_CALENDAR), off, or "
        "20:00-08:00.",
    )
    message_every_days: float = Field(
        0.0, ge=0, allow_inf_nan=False, description="Days between two actions that reach the same contact; 0: no rule."
    )
    consent: LocalFile | None = Field(
        None, description="CSV or .sql file of the contacts who have agreed to be written to."
    )
    opt_out: LocalFile | None = Field(
        None, description="CSV or .sql file of the contacts who want no messages; answers of customers add to it."
    )
    opt_out_words: Listed = Field(
        ("parar", "sair", "stop", "cancelar"), description="Messages of a customer that mean: no more messages."
    )
    flow_secret: SecretStr | None = Field(
        None, description="Secret in X-Huggy-Secret of a flow's requests; two, with a comma between them, to change it."
    )
    flow_queries: LocalFile | None = Field(
        None, description="Folder of the .sql files that a flow may ask for, beside the built-in `customer`."
    )
    flow_requests_per_minute: int = Field(
        30, ge=1, description="Requests a minute of a flow that name the same person, at most."
    )
    auth_header: Literal["X-Authorization", "Authorization"] = Field(
        "X-Authorization", description="Header of the token in API v2."
    )
