"""Text of others on its way to a terminal or a log: what a screen would act upon is shown in its place."""

import re

_ACTS = re.compile(
    "["
    "\\x00-\\x1f\\x7f-\\x9f"  # line ends, tabs, and what terminals take for commands: ESC, CSI, backspace ...
    "\\u2028\\u2029"  # line ends by another name
    "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069"  # the direction of what follows: it swaps the text around
    "\\ufeff\\ufff9-\\ufffb"  # seen by nobody
    "\\ud800-\\udfff"  # halves of a sign, which no encoding can hold
    "]"
)


def visible(text: str) -> str:
    r"""The text in one line, in which nothing steers a terminal or forges a line of a log: ESC is `\x1b`, a line end
    `\n`, a direction override `\u202e`, half an emoji `\ud83d`. What is left is data, and stays as it is.
    """
    return _ACTS.sub(_escaped, text)


def escaped_in_json(document: str) -> str:
    r"""The same for a JSON document, by JSON's own escapes: it is read back equal. `document` has no line ends but its
    own, between values, and no half signs.
    """
    return _ACTS.sub(lambda sign: sign[0] if sign[0] == "\n" else f"\\u{ord(sign[0]):04x}", document)


def _escaped(sign: re.Match[str]) -> str:
    return sign[0].encode("unicode_escape").decode("ascii")
