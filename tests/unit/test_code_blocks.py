"""What the documentation shows to copy can be read by what reads it."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.site.pages import ROOT, list_pages
from tests.blocks import Block, list_blocks

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(page.file for page in list_pages())])
READERS: dict[str, Callable[[str], Any]] = {
    "python": lambda code: compile(code, "block", "exec", dont_inherit=True),
    "toml": tomllib.loads,
    "json": json.loads,
    "yaml": yaml.safe_load,
}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_each_block_of_code_can_be_read(document: Path) -> None:
    blocks = list_blocks(document.read_text(encoding="utf-8"))
    assert [fault for block in blocks if (fault := find_fault(block))] == []


def find_fault(block: Block) -> str:
    try:
        READERS.get(block.language, str)(block.code)
    except (SyntaxError, ValueError, yaml.YAMLError) as error:
        return f"line {block.line}, {block.language}: {error}"
    return ""


@pytest.mark.parametrize(
    ("language", "code"),
    [("python", "def"), ("toml", "a = "), ("json", "{,}"), ("yaml", "a: [")],
    ids=lambda each: each,
)
def test_a_block_that_cannot_be_read_is_found_by_its_line_and_language(language: str, code: str) -> None:
    (block,) = list_blocks(f"# Title\n\n```{language}\n{code}\n```\n")
    assert find_fault(block).startswith(f"line 3, {language}: ")


def test_a_block_in_a_list_is_read_without_its_indent() -> None:
    (block,) = list_blocks("- first:\n\n  ```python\n  for each in ():\n      print(each)\n  ```\n")
    assert (block.code, find_fault(block)) == ("for each in ():\n    print(each)\n", "")
