"""Printed text is data: it is never markup, and it steers no terminal."""

import ast
import json
import math
import sys
from io import StringIO
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import huggy_connector.cli
from huggy_connector.cli.output import Layout, note, print_json, print_table, say
from huggy_connector.visible import escape_controls

ANY_TEXT = st.text(alphabet=st.characters(codec=None, exclude_categories=()))
HOSTILE = "\x1b]0;t\x07[bold]SKU:1234:A[/bold] :smile: https://a.b [link=https://c.d]e[/link]\r\n\u202e\ud83d"
SHOWN = r"\x1b]0;t\x07[bold]SKU:1234:A[/bold] :smile: https://a.b [link=https://c.d]e[/link]\r\n\u202e\ud83d"


def test_each_sentence_is_one_line_on_its_stream(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE, "b")
    note(HOSTILE)
    assert tuple(capsys.readouterr()) == (f"{SHOWN}\nb\n", f"{SHOWN}\n")


def test_cells_names_and_titles_are_never_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_table((HOSTILE,), [(HOSTILE,), ({"a": HOSTILE, "b": math.nan},)], title=HOSTILE)
    shown = "".join(
        line.strip("│┃ ") for line in capsys.readouterr().out.splitlines() if not set(line) <= set("┏━┓┡╇┩└─┘")
    )
    folded = "".join(f"{SHOWN}{SHOWN}{SHOWN}".split())
    nested = json.dumps({"a": HOSTILE.replace("\ud83d", "\ufffd"), "b": None}, ensure_ascii=False)
    assert "".join(shown.split()) == folded + "".join(escape_controls(nested).split())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=50)
@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT | st.floats() | st.integers() | st.none()), min_size=1, max_size=3))
def test_no_table_prints_a_control_character(
    capsys: pytest.CaptureFixture[str], rows: list[tuple[str, object]]
) -> None:
    print_table(("a\x1b", "b"), rows)
    printed = capsys.readouterr().out
    assert [line for line in printed.split("\n") if escape_controls(line) != line] == []


WIDE = tuple(f"a_rather_long_name_{number}" for number in range(8))


class Terminal(StringIO):
    """A terminal of 80 columns."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("layout", "left_out", "cards", "last"),
    [(Layout.TABLE, 5, 0, WIDE[2]), (Layout.CARDS, 0, 2, WIDE[7]), (Layout.FITTING, 0, 2, WIDE[7])],
)
def test_a_wide_table_on_a_terminal_shows_the_columns_that_have_room_or_cards(
    monkeypatch: pytest.MonkeyPatch, layout: Layout, left_out: int, cards: int, last: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("sys.stdout", Terminal())
    rows = [tuple(range(8)), tuple(range(8))]
    assert print_table(WIDE, rows, layout=layout) == left_out
    shown = cast("Terminal", sys.stdout).getvalue()
    assert (shown.count("Row "), max(name for name in WIDE if name in shown)) == (cards, last)
    assert max(map(len, shown.splitlines())) <= 80


def test_a_wide_table_that_goes_to_a_file_has_all_columns_in_one_line_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_table(WIDE, [tuple(range(8))], layout=Layout.TABLE) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("│"))
    assert [cell.strip() for cell in line.strip("│").split("│")] == [str(number) for number in range(8)]


def test_a_json_object_is_one_line_with_escaped_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_json({"name": "\x1b\x9b\u202eSão 😀", "share": math.nan})
    assert capsys.readouterr().out == '{"name": "\\u001b\\u009b\\u202eSão 😀", "share": null}\n'


def test_commands_print_only_through_output() -> None:
    speaking = {}
    for file in sorted(Path(huggy_connector.cli.__file__).parent.rglob("*.py")):
        calls = {ast.unparse(call.func) for call in ast.walk(ast.parse(file.read_text())) if isinstance(call, ast.Call)}
        if found := calls & {"click.echo", "click.secho", "print", "Console", "sys.stdout.write", "sys.stderr.write"}:
            speaking[file.name] = found
    assert speaking == {"output.py": {"click.echo", "Console"}}
