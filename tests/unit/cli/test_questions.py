"""A person is asked until the answer is right; a pipe gives one answer to each question."""

from __future__ import annotations

from io import StringIO

import pytest

from huggy_connector.cli.first_run.questions import Questions, WrongAnswer
from huggy_connector.errors import ConfigurationError, Unreachable
from tests.unit.cli.desk import sit_down


def read_number(text: str) -> int:
    if not text.isdecimal():
        raise ConfigurationError(f"{text!r} is no number.")
    return int(text)


def test_a_wrong_answer_is_one_sentence_and_the_question_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert sit_down("many", "\x1b[D", "a\0b", " '12' ").ask("Rows", read_number) == 12
    assert tuple(capsys.readouterr()) == (
        "",
        (
            "   Rows:    'many' is no number.\n"
            "   Rows:    The answer holds a key that is no text, such as an arrow: type it again.\n"
            "   Rows:    The answer holds a NUL, which nothing can hold.\n"
            "   Rows: "
        ),
    )


def test_enter_takes_the_proposal_that_stands_in_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    assert sit_down("").ask("Rows", read_number, proposal="7") == 7
    assert sit_down("").ask("Token", len, shown="the one of this shell") == 0
    assert capsys.readouterr().err == "   Rows [7]:    Token [the one of this shell]: "


def test_a_hidden_answer_ends_its_line_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert sit_down("a.b.c").ask("Token", str, is_hidden=True) == "a.b.c"
    assert capsys.readouterr().err == "   Token: \n"


@pytest.mark.parametrize("is_hidden", [True, False])
def test_the_end_of_input_interrupts_a_person(*, is_hidden: bool) -> None:
    with pytest.raises(KeyboardInterrupt):
        sit_down().ask("Token", str, is_hidden=is_hidden)


@pytest.mark.parametrize(
    ("answer", "is_agreed"), [("", True), ("y", True), ("SIM", True), ("n", False), ("Não", False), ("no", False)]
)
def test_yes_and_no_are_understood_in_two_languages(answer: str, *, is_agreed: bool) -> None:
    assert sit_down(answer).confirm("Change it?", default=True) is is_agreed


def test_anything_else_is_neither_yes_nor_no(capsys: pytest.CaptureFixture[str]) -> None:
    assert sit_down("perhaps", "").confirm("Change it?", default=False) is False
    assert capsys.readouterr().err == ("   Change it? [y/N]    Answer y for yes or n for no.\n   Change it? [y/N] ")


# A pipe ---------------------------------------------------------------------------------------------------------------


def test_a_pipe_gives_a_line_to_each_question(capsys: pytest.CaptureFixture[str]) -> None:
    questions = Questions(StringIO("a.b.c\n\n12"), has_person=False)
    answers = [
        questions.ask("Token", str, is_hidden=True),
        questions.ask("Zone", str, proposal="UTC"),
        questions.ask("Rows", read_number),
    ]
    assert answers == ["a.b.c", "UTC", 12]
    assert capsys.readouterr().err == "   Token:\n   Zone [UTC]:\n   Rows:\n"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("many\n12\n", "Rows: 'many' is no number."),
        ("", "Rows: there is no answer, standard input ended before it."),
        ("\x1b[D\n", "Rows: The answer holds a key that is no text, such as an arrow: type it again."),
    ],
)
def test_a_wrong_or_missing_answer_of_a_pipe_ends_it(given: str, sentence: str) -> None:
    with pytest.raises(WrongAnswer) as raised:
        Questions(StringIO(given), has_person=False).ask("Rows", read_number)
    assert (str(raised.value), raised.value.exit_code) == (sentence, 2)


def test_a_failure_of_the_network_is_no_wrong_answer() -> None:
    def fail(text: str) -> str:
        raise Unreachable("There is no connection.")

    with pytest.raises(Unreachable, match=r"^There is no connection\.$"):
        Questions(StringIO("a\n"), has_person=False).ask("Token", fail)


def test_a_question_inside_a_question_is_named_alone() -> None:
    questions = Questions(StringIO("a\nmany\n"), has_person=False)
    with pytest.raises(WrongAnswer) as raised:
        questions.ask("Token", lambda _: questions.ask("Rows", read_number))
    assert str(raised.value) == "Rows: 'many' is no number."
