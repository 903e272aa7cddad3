"""The options that every command takes, one for each setting that is no secret; and the settings that come of them."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from huggy_connector.cli.output import note
from huggy_connector.errors import ConfigurationError
from huggy_connector.model import REQUESTED_MODES
from huggy_connector.settings import SECRETS, Settings, clean_text, has_password, name_variable, parse_path, quote_value

Command = TypeVar("Command", bound=Callable[..., Any])

API_SETTINGS = (
    "base_url",
    "auth_url",
    "client_id",
    "company_id",
    "api_version",
    "language",
    "timezone",
    "requests_per_second",
)
BUDGET_SETTINGS = ("budget", "state", "token_store")
LANDING_SETTINGS = ("landing",)
INBOX_SETTINGS = ("inbox",)
LEDGER_SETTINGS = ("ledger",)
FLOW_SETTINGS = ("flow_queries", "flow_requests_per_minute")
WAREHOUSE_SETTINGS = ("warehouse", "keep_versions", "memory_limit", "stop_on", "calendar", "publish")
FILE_SETTINGS = ("calendar", "flow_queries", "inbox", "landing", "ledger", "publish", "state", "warehouse")
"""Settings that may be a path, which a shell completes."""


def complete_resources(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of lists of the API that begin so; each once on a command line."""
    from huggy_connector.catalogue import RESOURCES

    given = (ctx.params.get(param.name or "") if param.nargs == -1 else None) or ()
    listed = [name for name, resource in RESOURCES.items() if resource.is_listed]
    return [name for name in listed if name.startswith(incomplete) and name not in given]


def complete_tables(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of resources that begin so, which are names of tables."""
    from huggy_connector.catalogue import RESOURCES

    del ctx, param
    return [name for name in RESOURCES if name.startswith(incomplete)]


def _complete_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    del ctx, param
    return [CompletionItem(incomplete, type="file")]


def settings_options(*names: str) -> Callable[[Command], Command]:
    """Add an option for each setting. The command gets the resolved `settings` in their place."""
    return _add_options(names, lambda explicit: {"settings": resolve_settings(explicit)})


def setting_texts(*names: str) -> Callable[[Command], Command]:
    """Add the same options. The command gets what was given, in `explicit`: it says itself what is wrong with it."""
    return _add_options(names, lambda explicit: {"explicit": explicit})


def _add_options(
    names: Sequence[str], convert: Callable[[dict[str, Any]], dict[str, Any]]
) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        @wraps(command)
        def run(**arguments: Any) -> Any:
            explicit = {name: arguments.pop(name) for name in names}
            for name, value in explicit.items():
                if name in ("budget", "token_store") and value and has_password(value):
                    raise ConfigurationError(
                        f"the argument {name}{quote_value(value)}: holds a password, and every user of a machine can "
                        f"read command lines: set {name_variable(name)} instead."
                    )
            return command(**convert(explicit), **arguments)

        for name in reversed(names):
            run = _option(name)(run)
        return run  # type: ignore[return-value]  # the wrapper takes the command's place, with other arguments

    return decorate


def resolve_settings(explicit: Mapping[str, Any]) -> Settings:
    """Return the settings of a command line: options, environment, env file. Tell what is odd in the file."""
    env_file = Settings.read_env_file(os.environ)
    if env_file is not None:
        for warning in env_file.warnings:
            note(f"Warning: {warning}")
    return Settings.resolve(explicit=explicit, environ=os.environ, env_file=env_file)


def _option(name: str) -> Callable[[Command], Command]:
    if name in SECRETS:
        raise ValueError(f"{name} is a secret: it has no flag")
    return click.option(
        f"--{name.replace('_', '-')}",
        name,
        metavar="TEXT",
        help=f"{Settings.model_fields[name].description}  [env: {name_variable(name)}]",
        shell_complete=_complete_files if name in FILE_SETTINGS else None,
    )


class LocalPath(click.Path):
    """A path as in the settings: cleaned, `~` replaced, absolute."""

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(parse_path(clean_text(str(value))), param, ctx)
        except ValueError as error:
            self.fail(f"{quote_value(str(value)).strip()} {error}.", param, ctx)


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
show_events = click.option("--show-events", is_flag=True, help="Internal events are among the messages.")


def mode_option(default: str | None, help_text: str) -> Callable[[Command], Command]:
    """Add --mode."""
    return click.option(
        "--mode",
        type=click.Choice([mode.value for mode in REQUESTED_MODES]),
        default=default,
        show_default=default is not None,
        help=help_text,
    )


def span_options(*, required: bool) -> Callable[[Command], Command]:
    """Add --from-date and --to-date, as texts."""

    def decorate(command: Command) -> Command:
        for name, help_text in (("to", "First day not wanted any more."), ("from", "First day wanted.")):
            command = click.option(
                f"--{name}-date", metavar="YYYY-MM-DD", required=required, help=f"{help_text} In the account's zone."
            )(command)
        return command

    return decorate
