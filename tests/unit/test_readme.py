"""READMEs and the reference pages that they lead to are kept in step with each other and with the code."""

import re
from pathlib import Path

import click
import pytest

from huggy_connector.cli.app import huggy
from huggy_connector.cli.shell import LazyCommand
from huggy_connector.privacy import rules
from huggy_connector.settings import Settings
from scripts.reference import NOT_TRANSLATED, PAGES, list_commands, render_settings, replace_part
from tests.blocks import list_blocks

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = (ROOT / "README.md", ROOT / "README.pt-BR.md")
FOUND_FROM_A_README = (
    "account",
    "add-a-resource",
    "airflow",
    "architecture",
    "benchmarks",
    "commands",
    "glossary",
    "index",
    "limits",
    "privacy",
    "privacy-defaults",
    "settings",
    "speed",
    "tutorial",
    "warehouse",
)
"""Pages with what the READMEs used to hold, and those that newcomers need."""
both_languages = pytest.mark.parametrize("folder", [DOCS, DOCS / "pt-BR"], ids=["en", "pt-BR"])


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code(text: str) -> list[str]:
    """Blocks of code without their comments and without what a reader fills in."""
    blocks = [re.sub(r" +# .*", "", block.code) for block in list_blocks(text) if block.language in {"sh", "python"}]
    return [re.sub(r"<.*?>", "<repository>", block) for block in blocks]


def shape(text: str) -> list[str]:
    """Headings by level and tables by their number of rows."""
    return [re.sub(r"[^#|].*", "", line) for line in text.splitlines() if line.startswith(("#", "|"))]


def test_the_two_languages_have_the_same_headings_tables_and_code() -> None:
    english, portuguese = map(read, README)
    assert (shape(english), code(english)) == (shape(portuguese), code(portuguese))


@pytest.mark.parametrize("path", README, ids=lambda path: path.name)
def test_a_readme_has_at_most_two_hundred_lines(path: Path) -> None:
    assert len(read(path).splitlines()) <= 200


@pytest.mark.parametrize("path", README, ids=lambda path: path.name)
def test_a_readme_leads_to_the_pages_with_its_former_tables(path: Path) -> None:
    folder = "docs/pt-BR" if "pt-BR" in path.name else "docs"
    assert [name for name in FOUND_FROM_A_README if f"]({folder}/{name}.md)" not in read(path)] == []


@both_languages
def test_every_command_is_in_the_table_of_commands(folder: Path) -> None:
    listed = set(re.findall(r"^\| `huggy ([a-z]+)", read(folder / "commands.md"), re.MULTILINE))
    assert listed == set(huggy.list_commands(click.Context(huggy)))


@both_languages
def test_the_default_list_of_privacy_is_printed(folder: Path) -> None:
    page = read(folder / "privacy-defaults.md")
    rows = re.findall(r"^\| `(drop|mask|hmac|keep)` \| ([^|]*) \|", page, re.MULTILINE)
    printed = {(name, action) for action, names in rows for name in re.findall(r"`([^`]+)`", names)}
    assert printed == {tuple(rule.strip().split("=")) for rule in rules.DEFAULT.split(",")}


@both_languages
def test_every_setting_and_its_default_is_in_the_table_of_settings(folder: Path) -> None:
    rows = {
        match[1]: match[2]
        for match in re.finditer(
            r"^\| `HUGGY_([A-Z_]+)` \|.*\|.*\| `?([^|`]*)`? \| [^|]+ \|$", read(folder / "settings.md"), re.MULTILINE
        )
    }
    wanted = {
        name.upper(): f"{field.default:g}" if isinstance(field.default, float) else str(field.default or "")
        for name, field in Settings.model_fields.items()
    }
    assert rows == wanted


@pytest.mark.parametrize("path", PAGES)
def test_what_a_page_has_from_the_code_is_current(path: str) -> None:
    written = read(DOCS / path)
    assert written == PAGES[path](written), "the page is stale: run python -m scripts.reference"


def test_the_reference_has_each_command_itself_not_the_place_of_it() -> None:
    commands = dict(list_commands())
    assert "huggy auth login" in commands
    assert [name for name, command in commands.items() if isinstance(command, LazyCommand)] == []


def test_what_every_setting_means_is_written_in_portuguese() -> None:
    assert NOT_TRANSLATED not in read(DOCS / "pt-BR" / "settings.md")


def test_a_setting_without_words_in_portuguese_is_marked_and_words_that_are_there_stay() -> None:
    row = "| `HUGGY_STATE` |  |  |  | Uma pasta. |"
    rendered = render_settings(f"<!-- begin: settings -->\n{row}\n<!-- end: settings -->", "pt-BR")
    meanings = dict(re.findall(r"^\| `HUGGY_([A-Z_]+)` \|.*\| ([^|]+) \|$", rendered, re.MULTILINE))
    assert meanings == {name.upper(): NOT_TRANSLATED for name in Settings.model_fields} | {"STATE": "Uma pasta."}


def test_a_page_without_the_part_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="no part settings"):
        replace_part("# Settings\n", "settings", [])
