"""Each link of the documentation leads somewhere, to the heading that it names."""

from pathlib import Path

import pytest

from scripts.site.pages import ROOT, list_anchors, list_links, list_pages, resolve_link

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(page.file for page in list_pages())])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_each_link_leads_to_a_file_and_each_anchor_to_a_heading_of_it(document: Path) -> None:
    broken = [
        target for target in list_links(document.read_text(encoding="utf-8")) if not leads_somewhere(target, document)
    ]
    assert broken == []


def leads_somewhere(target: str, document: Path) -> bool:
    resolved = resolve_link(target, document)
    if resolved is None:
        return True
    file, anchor = resolved
    if not file.exists() or not file.is_relative_to(ROOT):
        return False
    return not anchor or (file.suffix == ".md" and anchor in list_anchors(file.read_text(encoding="utf-8")))


def test_the_page_of_all_pages_lists_every_page_of_its_language() -> None:
    """Pages of a folder are listed by its own page; `decisions` are listed by the site."""
    for index in (page for page in list_pages() if page.name == "index"):
        resolved = [resolve_link(target, index.file) for target in list_links(index.file.read_text(encoding="utf-8"))]
        listed = {each[0] for each in resolved if each is not None}
        names = {page.name for page in list_pages() if page.file in listed}
        wanted = {page.name for page in list_pages() if "/" not in page.name or page.name.endswith("/index")}
        assert (index.language, wanted - names - {"index"}) == (index.language, set())
