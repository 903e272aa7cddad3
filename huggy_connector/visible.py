"""Escapes what acts in text of others: control characters before a terminal or a log, formulas before a spreadsheet."""

import re

_CONTROLS = re.compile(
    "["
    "\\x00-\\x1f\\x7f-\\x9f"  # line ends, tabs, and commands to terminals: ESC, CSI, backspace ...
    "\\u2028\\u2029"  # other line ends
    "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069"  # direction marks: they reorder the text
    "\\ufeff\\ufff9-\\ufffb"  # invisible characters
    "\\ud800-\\udfff"  # halves of a character, which no encoding can hold
    "]"
)


def escape_controls(text: str) -> str:
    r"""Return the text in one line that can neither control a terminal nor forge a line of a log.

    ESC becomes `\x1b`, a line end `\n`, a direction override `\u202e`, half an emoji `\ud83d`. The rest stays.
    """
    return _CONTROLS.sub(_escape, text)


def escape_controls_in_json(document: str) -> str:
    r"""Do the same to a JSON document with JSON's own escapes: decoded, it is equal to the original.

    `document` must have line ends only between values, and no half characters.
    """
    return _CONTROLS.sub(lambda match: match[0] if match[0] == "\n" else f"\\u{ord(match[0]):04x}", document)


FORMULA_START = r"[=+\-@\t\r\n＝＋－＠]"  # noqa: RUF001 -- Excel takes the wide ones too
"""How a text begins that Excel reads as a formula: a pattern of Python and of DuckDB."""


def escape_formula(text: str) -> str:
    """Return the text so that no spreadsheet reads it as a formula: with an apostrophe before it where one could."""
    return f"'{text}" if re.match(FORMULA_START, text) else text


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
