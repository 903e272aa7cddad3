"""Of an env file only our variables are read, and changing them leaves every other line as it is."""

import pytest
from hypothesis import given
from hypothesis import settings as at_most
from hypothesis import strategies as st

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import Settings, name_variable
from huggy_connector.settings.env_text import change_variables, read_variables, suggest_name

NAMES = [name_variable(name) for name in Settings.model_fields]
FILE = """# The desk of the north.
OTHER=1

  # the account
export HUGGY_ACCESS_TOKEN="a.b.c"   # until May
HUGGY_LANDING='/data/my lake' # shared
HUGGY_TIMEZONE=America/Manaus#1
if [ -f x ]; then
HUGGY_EMPTY=
HUGGY_ALONE
huggy_language=es
HUGGY_TIMEZONE=$ZONE ${ZONE} `date`
"""


def test_only_variables_of_ours_are_read_and_nothing_in_them_is_replaced() -> None:
    assert read_variables(FILE, ".env") == {
        "HUGGY_ACCESS_TOKEN": "a.b.c",
        "HUGGY_LANDING": "/data/my lake",
        "HUGGY_TIMEZONE": "$ZONE ${ZONE} `date`",
        "HUGGY_EMPTY": "",
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("HUGGY_ACCESS_TOKEN='hidden\nB=1\n", 1),
        ('A=1\n\n\n  HUGGY_ACCESS_TOKEN="hidden\n', 4),
        ("A=1\r\n\r\nHUGGY_ACCESS_TOKEN='hidden' hidden\r\n", 3),
    ],
)
def test_a_line_of_ours_that_cannot_be_read_is_named_by_its_number_and_not_quoted(text: str, line: int) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_variables(text, "north.env")
    assert str(raised.value) == f"Line {line} of north.env cannot be read: write NAME=value, or NAME='value'."


def test_what_is_changed_stays_in_its_place_and_what_is_new_comes_last() -> None:
    changed = change_variables(
        FILE,
        {"HUGGY_ACCESS_TOKEN": "d.e.f", "HUGGY_LANDING": None, "HUGGY_TIMEZONE": "UTC", "HUGGY_WAREHOUSE": "/a b'c\\"},
    )
    assert changed == (
        """# The desk of the north.
OTHER=1

  # the account
export HUGGY_ACCESS_TOKEN=d.e.f
HUGGY_TIMEZONE=UTC
if [ -f x ]; then
HUGGY_EMPTY=
HUGGY_ALONE
huggy_language=es
"""
        r"HUGGY_WAREHOUSE='/a b\'c\\'"
        "\n"
    )


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("", "HUGGY_LANGUAGE=es\n"),
        ("A=1", "A=1\nHUGGY_LANGUAGE=es\n"),
        ("# c", "# c\nHUGGY_LANGUAGE=es\n"),
        ("A=1\r\nHUGGY_LANGUAGE=en\r\nB=2\r\n", "A=1\r\nHUGGY_LANGUAGE=es\r\nB=2\r\n"),
        ("HUGGY_LANGUAGE=en", "HUGGY_LANGUAGE=es\n"),
        ("\n\nHUGGY_LANGUAGE=en\n\nA=1", "\n\nHUGGY_LANGUAGE=es\n\nA=1"),
    ],
)
def test_ends_of_lines_and_empty_lines_stay(text: str, changed: str) -> None:
    assert change_variables(text, {"HUGGY_LANGUAGE": "es"}) == changed


def test_nothing_to_change_changes_nothing() -> None:
    assert change_variables(FILE, {}) == FILE
    assert change_variables(FILE, {"HUGGY_STATE": None}) == FILE


@given(
    value=st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=30),
    before=st.sampled_from(["", "A=1", "HUGGY_LANDING=old\n# c\n", "# c\r\nexport HUGGY_LANDING='o'\r\n"]),
)
@at_most(max_examples=300)
def test_any_value_is_read_as_it_was_written(value: str, before: str) -> None:
    changed = change_variables(before, {"HUGGY_LANDING": value})
    assert read_variables(changed, ".env") == {"HUGGY_LANDING": value}
    assert change_variables(changed, {"HUGGY_LANDING": value}) == changed


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("HUGGY_TOKEN", "HUGGY_ACCESS_TOKEN"),
        ("HUGGY_ACCES_TOKEN", "HUGGY_ACCESS_TOKEN"),
        ("HUGGY_URL", "HUGGY_BASE_URL"),
        ("HUGGY_TIME_ZONE", "HUGGY_TIMEZONE"),
        ("HUGGY_WHAREHOUSE", "HUGGY_WAREHOUSE"),
        ("HUGGY_COMPANY", "HUGGY_COMPANY_ID"),
        ("HUGGY_SECRET", "HUGGY_CLIENT_SECRET"),
        ("HUGGY_XQ", ""),
    ],
)
def test_a_slip_is_told_with_the_name_that_was_meant(written: str, meant: str) -> None:
    assert suggest_name(written, NAMES) == meant
