"""Every setting that is no secret is an option, read as in the environment; a secret never stands on a command line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from huggy_connector.cli.app import huggy
from huggy_connector.cli.options import LocalPath, as_json, mode_option, settings_options, span_options
from huggy_connector.cli.shell import LazyCommand
from huggy_connector.errors import ConfigurationError
from huggy_connector.model import REQUESTED_MODES, Mode
from huggy_connector.settings import SECRETS, Settings


def run(command: click.Command, *arguments: str, **environ: str) -> Result:
    """Run a command with no settings of this machine."""
    names = [f"HUGGY_{name.upper()}" for name in Settings.model_fields]
    return CliRunner().invoke(command, arguments, env={name: environ.get(name) for name in names})


@click.command()
@settings_options("company_id", "warehouse", "timezone")
def show(*, settings: Settings, **others: Any) -> None:
    click.echo(f"{settings.company_id} {settings.warehouse} {settings.timezone} {others}")


def test_an_option_takes_precedence_over_the_environment_and_that_over_the_default() -> None:
    environ = {"HUGGY_COMPANY_ID": "77", "HUGGY_TIMEZONE": "America/Manaus"}
    done = run(show, "--company-id", " 4242\n", "--warehouse", "~/desk.duckdb", **environ)
    assert done.output == f"4242 {Path.home() / 'desk.duckdb'} America/Manaus {{}}\n"
    assert run(show).output == f"None {Path.cwd() / 'huggy.duckdb'} America/Sao_Paulo {{}}\n"
    assert run(show, "--company-id", "", HUGGY_COMPANY_ID="77").output.startswith("77 ")


@pytest.mark.parametrize(
    ("arguments", "environ", "sentence"),
    [
        (("--company-id", "0"), {}, "the argument company_id '0': input should be greater than 0."),
        ((), {"HUGGY_COMPANY_ID": "0"}, "HUGGY_COMPANY_ID '0': input should be greater than 0."),
        (("--timezone", "Mars"), {}, "the argument timezone 'Mars': is no zone of the IANA database such as "),
        (("--warehouse", "a\0b"), {}, "the argument warehouse: holds a NUL, which nothing can hold."),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_says_where_it_stands(
    arguments: tuple[str, ...], environ: dict[str, str], sentence: str
) -> None:
    error = run(show, *arguments, **environ).exception
    assert isinstance(error, ConfigurationError)
    assert str(error).startswith(sentence)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_cannot_become_an_option(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} is a secret: it has no flag$"):
        settings_options(name)(lambda **_: None)


def commands(group: click.Group = huggy, above: str = "huggy") -> list[tuple[str, click.Command]]:
    found = []
    for name, each in group.commands.items():
        command = each.load() if isinstance(each, LazyCommand) else each
        below = commands(command, f"{above} {name}") if isinstance(command, click.Group) else []
        found += below or [(f"{above} {name}", command)]
    return found


@pytest.mark.parametrize(("path", "command"), commands(), ids=lambda each: each if isinstance(each, str) else "")
def test_every_command_has_an_example_and_a_help_for_each_option_and_takes_no_secret(
    path: str, command: click.Command
) -> None:
    helps = {each.name: each.help for each in command.params if isinstance(each, click.Option)}
    assert [name for name, text in helps.items() if not text] == []
    invented = {"webhook_token"} if path == "huggy sandbox" else set()
    assert set(helps) & {*SECRETS} == invented
    assert re.search(rf"Examples?: {path}\b", str(command.help))


def test_the_help_of_a_setting_has_its_meaning_and_its_variable() -> None:
    meaning = Settings.model_fields["warehouse"].description
    assert re.search(
        rf"--warehouse TEXT\s+{meaning}\s+\[env:\s+HUGGY_WAREHOUSE\]\s+--timezone", run(show, "--help").output
    )


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("report.html", "{here}/report.html"),
        ("/a b/São.csv", "/a b/São.csv"),
        ('"/quoted.csv"\r\n', "/quoted.csv"),
        ("~/a.csv", "{home}/a.csv"),
        ("./~/a.csv", "{here}/~/a.csv"),
    ],
)
def test_a_path_is_cleaned_and_absolute(written: str, path: str) -> None:
    converted = LocalPath().convert(written, None, None)
    assert converted == Path(path.format(here=Path.cwd(), home=Path.home()))


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("s3://bucket/a.csv", "'s3://bucket/a.csv' is no path on a disk of this machine."),
        ("https://me:hidden@host/a.csv", "'https://***@host/a.csv' is no path on a disk of this machine."),
        ("$HOME/a.csv", "'$HOME/a.csv' holds a variable or template that nobody has filled in: write the path itself."),
        ("a\0b", "'a\\x00b' holds a NUL, which nothing can hold."),
        ("~nobody-of-this-name/a", "'~nobody-of-this-name/a' begins with ~, and there is no such home folder: write "),
    ],
)
def test_a_path_that_nobody_meant_is_refused_in_one_sentence(written: str, sentence: str) -> None:
    with pytest.raises(click.BadParameter) as raised:
        LocalPath().convert(written, None, None)
    assert raised.value.message.startswith(sentence)


def test_a_mode_is_one_of_the_landings_and_its_default_is_shown() -> None:
    @click.command()
    @mode_option("full", "How.")
    def tell(*, mode: str | None) -> None:
        click.echo(mode)

    assert [run(tell, "--mode", mode.value).output for mode in REQUESTED_MODES] == [
        f"{mode}\n" for mode in REQUESTED_MODES
    ]
    assert {run(tell, "--mode", mode.value).exit_code for mode in set(Mode) - set(REQUESTED_MODES)} == {2}
    assert run(tell).output == "full\n"
    refused = run(tell, "--mode", "FULL")
    assert (refused.exit_code, "is not one of 'full', 'incremental', 'window', 'tombstones'" in refused.output) == (
        2,
        True,
    )
    assert "[default: full]" in run(tell, "--help").output

    @click.command()
    @mode_option(None, "How.")
    def tell_due(*, mode: str | None) -> None:
        click.echo(mode)

    assert run(tell_due).output == "\n"
    assert "default" not in run(tell_due, "--help").output


@pytest.mark.parametrize(("required", "code"), [(True, 2), (False, 0)])
def test_the_ends_of_a_span_are_texts_which_a_command_may_require(*, required: bool, code: int) -> None:
    @click.command()
    @span_options(required=required)
    @as_json
    def tell(*, from_date: str | None, to_date: str | None, as_json: bool) -> None:
        click.echo(f"{from_date} {to_date} {as_json}")

    assert run(tell, "--from-date", "2026-11-01", "--to-date", "soon", "--json").output == "2026-11-01 soon True\n"
    alone = run(tell, "--from-date", "2026-11-01")
    assert alone.exit_code == code
    assert re.search("Missing option '--to-date'" if required else "^2026-11-01 None False$", alone.output)
    assert run(tell, "--help").output.index("--from-date") < run(tell, "--help").output.index("--to-date")
