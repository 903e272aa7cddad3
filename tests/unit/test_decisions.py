"""The pages of decisions are alike: numbered without a gap, one heading with the number, and the same paragraphs."""

import re
from pathlib import Path

import pytest

from scripts.site.pages import ROOT

PAGES = sorted((ROOT / "docs" / "decisions").iterdir())
PARAGRAPHS = (["Context", "Choice", "Price"], ["Context", "Choice", "Not chosen", "Price"])


def test_the_numbers_have_no_gap_and_the_names_no_other_form() -> None:
    names = [re.fullmatch(r"(\d{4})(-[a-z0-9]+)+\.md", page.name) for page in PAGES]
    assert [name and int(name[1]) for name in names] == [*range(1, len(PAGES) + 1)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_one_heading_with_its_number_and_tells_context_choice_and_price(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ .*$", text, re.MULTILINE)
    assert [re.sub(r" [^.]*$", " A sentence", each) for each in headings] == [f"# {int(page.name[:4])}. A sentence"]
    assert re.findall(r"^\*\*([^.*]+)\.\*\*", text, re.MULTILINE) in PARAGRAPHS
    assert text.startswith(f"{headings[0]}\n\n**Context.** ")
