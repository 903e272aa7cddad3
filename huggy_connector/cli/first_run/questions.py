"""Asks a person, until the answer is right; or takes one line for each question where nobody sits at a terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, TypeVar

from huggy_connector.cli.first_run.hidden_input import read_hidden_line
from huggy_connector.cli.output import note, show_prompt
from huggy_connector.errors import ConfigurationError, HuggyError
from huggy_connector.settings import clean_text

T = TypeVar("T")

INDENT = "   "
_YES, _NO = ("y", "yes", "s", "sim"), ("n", "no", "nao", "não")


class WrongAnswer(ConfigurationError):
    """An answer from a pipe is wrong or missing: there is nobody to ask again."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Questions on standard error, answers from `source`. `has_person`: it is a terminal."""

    source: IO[str]
    has_person: bool
    read_hidden: Callable[[IO[str], str], str] = read_hidden_line

    def begin(self, title: str) -> None:
        """Print the title of a question, after an empty line."""
        note("", title)

    def tell(self, *sentences: str) -> None:
        """Print what a person should know before the next answer."""
        note(*(f"{INDENT}{sentence}" for sentence in sentences))

    def ask(
        self, label: str, read: Callable[[str], T], *, proposal: str = "", shown: str = "", is_hidden: bool = False
    ) -> T:
        """Return what `read` makes of the answer; of `proposal` if it is empty.

        `shown` stands in brackets if the proposal itself should not. If `read` raises HuggyError, a person is asked
        again. Without a person WrongAnswer is raised, or the error itself if it is transient and so is no fault of the
        answer's.
        """
        while True:
            answer = self._read_answer(label, shown or proposal, is_hidden=is_hidden)
            try:
                return read(_clean(answer) or proposal)
            except WrongAnswer:
                raise
            except HuggyError as error:
                if self.has_person:
                    self.tell(str(error))
                elif error.transient:
                    raise
                else:
                    raise WrongAnswer(f"{_punctuate(label)} {error}") from None

    def confirm(self, question: str, *, default: bool) -> bool:
        """Return whether the answer is yes."""
        return self.ask(question, _read_yes_or_no, proposal="y" if default else "n", shown="Y/n" if default else "y/N")

    def _read_answer(self, label: str, shown: str, *, is_hidden: bool) -> str:
        prompt = INDENT + _punctuate(label, f" [{shown}]" if shown else "")
        if not self.has_person:
            note(prompt)
            if not (line := self.source.readline()):
                raise WrongAnswer(f"{_punctuate(label)} there is no answer, standard input ended before it.")
            return line
        try:
            if is_hidden:
                line = self.read_hidden(self.source, f"{prompt} ")
                note("")  # the Enter key was not shown either
                return line
            show_prompt(f"{prompt} ")
            if line := self.source.readline():
                return line
        except (EOFError, KeyboardInterrupt):
            pass
        note("")
        raise KeyboardInterrupt  # Ctrl-D ends it too


def _punctuate(label: str, shown: str = "") -> str:
    """Return the label with what is shown behind it. A question has its mark already, all others get a colon."""
    return f"{label}{shown}" if label.endswith("?") else f"{label}{shown}:"


def _clean(answer: str) -> str:
    try:
        text = clean_text(answer)
    except ValueError as error:
        raise ConfigurationError(f"The answer {error}.") from None
    if not text.isprintable():
        raise ConfigurationError("The answer holds a key that is no text, such as an arrow: type it again.")
    return text


def _read_yes_or_no(answer: str) -> bool:
    if answer.lower() not in {*_YES, *_NO}:
        raise ConfigurationError("Answer y for yes or n for no.")
    return answer.lower() in _YES
