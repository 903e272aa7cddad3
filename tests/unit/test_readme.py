"""Both READMEs are kept in step with each other and with the code."""

import re
from pathlib import Path

import pytest

from huggy_connector.cli.app import huggy
from huggy_connector.privacy import rules
from huggy_connector.settings import Settings

ROOT = Path(__file__).parents[2]
ENGLISH, PORTUGUESE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.pt-BR.md"))
both = pytest.mark.parametrize("text", [ENGLISH, PORTUGUESE], ids=["en", "pt-BR"])


def code(text: str) -> list[str]:
    """Blocks of code without their comments, and the code spans at the start of table rows."""
    blocks = ["\n".join(re.sub(r" +#.*", "", line) for line in block.splitlines()) for block in
              re.findall(r"```(?:sh|python)\n(.*?)```", text, re.DOTALL)]  # fmt: skip
    return [re.sub(r"<.*?>", "<repository>", block) for block in blocks]


def shape(text: str) -> list[str]:
    """Headings by level and tables by their number of rows."""
    return [re.sub(r"[^#|].*", "", line) for line in text.splitlines() if line.startswith(("#", "|"))]


def test_the_two_languages_have_the_same_headings_tables_and_code() -> None:
    assert (shape(ENGLISH), code(ENGLISH)) == (shape(PORTUGUESE), code(PORTUGUESE))


@both
def test_every_command_is_in_the_table_of_commands(text: str) -> None:
    listed = set(re.findall(r"^\| `huggy ([a-z]+)", text, re.MULTILINE))
    assert listed == {*huggy.commands}


@both
def test_the_default_list_of_privacy_is_printed(text: str) -> None:
    rows = re.findall(r"^\| `(drop|mask|hmac|keep)` \| ([^|]*) \|", text, re.MULTILINE)
    printed = {(name, action) for action, names in rows for name in re.findall(r"`([^`]+)`", names)}
    assert printed == {tuple(rule.strip().split("=")) for rule in rules.DEFAULT.split(",")}


@both
def test_every_setting_and_its_default_is_in_the_table_of_settings(text: str) -> None:
    rows = {
        match[1]: match[2]
        for match in re.finditer(r"^\| `HUGGY_([A-Z_]+)` \|.*\|.*\| `?([^|`]*)`? \| [^|]+ \|$", text, re.MULTILINE)
    }
    wanted = {
        name.upper(): f"{field.default:g}" if isinstance(field.default, float) else str(field.default or "")
        for name, field in Settings.model_fields.items()
    }
    assert rows == wanted
