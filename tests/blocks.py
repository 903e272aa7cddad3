"""The blocks of code in a page of docs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLOCK = re.compile(
    r"(?:<!-- (?P<comment>[^\n]*?) -->\n+)?^(?P<indent> *)```(?P<language>[\w+-]*)[^\n]*\n(?P<code>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code: its language, its text, and the comment that stands before it."""

    language: str
    code: str
    comment: str
    line: int


def list_blocks(text: str) -> Iterator[Block]:
    for match in _BLOCK.finditer(text):
        code = re.sub(rf"^{match['indent']}", "", match["code"], flags=re.MULTILINE)
        yield Block(match["language"], code, match["comment"] or "", text.count("\n", 0, match.start("language")) + 1)
