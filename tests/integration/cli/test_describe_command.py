"""describe says what tables and columns mean, finds them by words, and shows what is in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.conftest import Run
from tests.integration.warehouse.conftest import Desk

Huggy = Callable[..., Run]


def test_describe_lists_every_table_in_groups_and_says_what_the_columns_of_one_mean(huggy: Huggy) -> None:
    told = json.loads(huggy("describe", "--json").out)["tables"]
    shown = huggy("describe")
    names = {each["name"] if each["schema"] == "main" else f"{each['schema']}.{each['name']}" for each in told}
    assert {"chats", "marts.open_now", "meta.freshness"} <= names
    assert [name for name in names if f"│ {name} " not in shown.out] == []
    lines = [line.strip() for line in shown.out.splitlines()]
    places = [lines.index(title) for title in ("What the API gives", "Now", "History", "Macros")]
    assert (places, {each["group"]["en"] for each in told} - {*lines}) == (sorted(places), set())
    assert lines[-1] == "huggy describe TABLE shows the columns, --search WORDS finds them by what they mean."
    [agents] = json.loads(huggy("describe", "agents", "--json").out)["tables"]
    assert agents in told
    for language, key in (("en", "en"), ("PT-br", "pt"), ("pt", "pt")):
        lines = huggy("describe", "agents", "--language", language).out.splitlines()
        assert lines[0] == agents["comment"][key]
        assert [each["name"] for each in agents["columns"]] == [
            line.split("│")[1].strip() for line in lines if line.startswith("│") and line.split("│")[1].strip()
        ]


def test_words_find_tables_and_columns(huggy: Huggy) -> None:
    told = json.loads(huggy("describe", "--search", "queue_seconds", "--json").out)["found"]
    assert told[0] | {"comment": None} == {
        "table": "marts.chat_times",
        "column": "queue_seconds",
        "type": "BIGINT",
        "comment": None,
    }
    shown = huggy("describe", "--search", "Atendimentos em aberto", "--language", "pt")
    assert (shown.code, "│ marts.open_now " in huggy("describe", "--search", "abertos agora").out) == (0, True)


def test_a_profile_is_shown_by_company(
    huggy: Huggy, tmp_path: Path, desk_of_chats: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    place = ("--warehouse", str(desk_of_chats.warehouse))
    shown = huggy("describe", "chats", "--profile", *place)
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.out.splitlines()]
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.splitlines()[0].strip() == "chats of company 4242: 6 rows"
    assert ["situation", "0.0%", "1", "", "", "finishing 100.0%"] in cells
    (told,) = json.loads(huggy("describe", "chats", "--profile", "--json", *place).out)["profiles"]
    assert (told["company_id"], told["rows"], told["columns"][1]["common_values"]) == (
        4242,
        6,
        [{"value": "finishing", "rows": 6}],
    )


@pytest.fixture
def desk_of_chats(tmp_path: Path) -> Desk:
    (tmp_path / "desk").mkdir()
    desk = Desk(tmp_path / "desk")
    desk.land([{"id": number, "situation": "finishing"} for number in range(6)])
    desk.load()
    return desk


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("describe", "chat"), "There is no table called 'chat': did you mean chats, "),
        (("describe", "--search", "qeue"), "No table or column is about 'qeue': did you mean queue"),
        (("describe", "--profile"), "Give one table, or words to --search; --profile is about one table."),
        (("describe", "chats", "--search", "a"), "Give one table, or words to --search; "),
        (("describe", "chats", "--profile"), "There is no warehouse at "),
        (
            ("describe", "chats", "--language", "de"),
            "Invalid value for '--language': 'de' is not one of 'en', 'pt-br', 'pt'.",
        ),
    ],
)
def test_a_wrong_question_is_one_sentence(huggy: Huggy, arguments: tuple[str, ...], sentence: str) -> None:
    done = huggy(*arguments)
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert done.err.startswith(f"huggy: {sentence}")
