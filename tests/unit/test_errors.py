"""The tree of errors: it is as it is drawn, each is one line for a person, and each can be pickled."""

from __future__ import annotations

import pickle
import re
from dataclasses import dataclass

import pytest

from huggy_connector import errors
from huggy_connector.errors import CompanyStopped, Forbidden, HuggyError, RateLimited

KINDS = {
    name: value for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, HuggyError)
}
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))


@dataclass(frozen=True)
class Drawn:
    """What the drawing says of an error."""

    parent: str
    transient: bool
    exit_code: int


def drawing() -> dict[str, Drawn]:
    drawn, above = dict[str, Drawn](), list[str]()
    for line in (errors.__doc__ or "").splitlines():
        if branch := re.fullmatch(r"    ((?:[│ ]   )*)(?:[├└]── )?(\w+)((?:  .*)?)", line):
            lines, name, about = branch.groups()
            depth = len(lines) // 4 + (name != "HuggyError")
            above[depth:] = [name]
            code = re.search(r"\(exit (\d+)\)", about)
            parent = above[depth - 1] if depth else "Exception"
            drawn[name] = Drawn(parent, about.endswith(" *"), int(code[1]) if code else 1)
    return drawn


def test_the_drawing_of_the_tree_says_the_parent_the_exit_code_and_whether_a_retry_helps() -> None:
    tree = {name: Drawn(kind.__bases__[0].__name__, kind.transient, kind.exit_code) for name, kind in KINDS.items()}
    assert drawing() == tree


@each_kind
def test_every_error_survives_pickling(kind: type[HuggyError]) -> None:
    again = pickle.loads(pickle.dumps(kind("A sentence.")))
    assert (type(again), str(again)) == (kind, "A sentence.")


def test_what_an_error_carries_survives_pickling() -> None:
    limited = pickle.loads(pickle.dumps(RateLimited("Wait.", 2.5)))
    stopped = pickle.loads(pickle.dumps(CompanyStopped("Company 8 stays.", {"rows": 3})))
    assert (str(limited), limited.retry_after) == ("Wait.", 2.5)
    assert (str(stopped), stopped.report) == ("Company 8 stays.", {"rows": 3})


def test_an_error_is_one_line_before_and_after_pickling() -> None:
    error = Forbidden("Not for \x1b[2Jana\nINFO all is well")
    assert str(error) == str(pickle.loads(pickle.dumps(error))) == r"Not for \x1b[2Jana\nINFO all is well"
    assert str(RateLimited("wait\r", 3.0)) == r"wait\r"


@pytest.mark.parametrize(
    ("given", "shown"), [((), ""), (("São Paulo: 100 % {x}",), "São Paulo: 100 % {x}"), ((7,), "7")]
)
def test_the_text_of_an_error_is_its_first_argument(given: tuple[object, ...], shown: str) -> None:
    assert str(HuggyError(*given)) == shown
