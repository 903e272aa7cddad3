"""Each page of docs/ has its translation in docs/pt-BR/, kept in step with it; the links of both lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TRANSLATIONS = DOCS / "pt-BR"
WITHOUT_TRANSLATION = {"tables.md", "tables.pt-BR.md"}
"""Their generator writes both languages: see tests/unit/warehouse/test_dictionary_page.py."""
FOLDERS_WITHOUT_TRANSLATION = {"decisions", "pt-BR"}
ORIGINALS = {"docs/tables.pt-BR.md": "docs/tables.md", "README.pt-BR.md": "README.md"}
"""Translations that do not lie in docs/pt-BR/."""

PAGES = sorted(
    path.relative_to(DOCS).as_posix()
    for path in DOCS.rglob("*.md")
    if path.relative_to(DOCS).parts[0] not in FOLDERS_WITHOUT_TRANSLATION | WITHOUT_TRANSLATION
)
each_page = pytest.mark.parametrize("page", PAGES)

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
TO_ENGLISH = re.compile(r"\[In English\]\(\S+\)")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def read_both(page: str) -> tuple[str, str]:
    return read(DOCS / page), read(TRANSLATIONS / page)


def remove_blocks(text: str) -> str:
    return BLOCK.sub("", text)


def list_code(text: str) -> list[tuple[str, list[str]]]:
    """Return the blocks of code without their comments; of a drawing, which has no language, its paths and names."""
    return [
        (language, re.sub(r"(^| +)#.*", "", block, flags=re.MULTILINE).splitlines() if language else list_names(block))
        for language, block in BLOCK.findall(text)
    ]


def list_names(drawing: str) -> list[str]:
    words = (word.strip(".,;:()") for word in drawing.split())
    return [word for word in words if re.search(r"[/_.{]", word)]


def list_spans(text: str) -> list[str]:
    """Return the code spans in the order of the alphabet: a translation may have another order of words."""
    spans = (" ".join(span.split()) for span in SPAN.findall(remove_blocks(text)))
    return sorted(span.replace(" --language pt-BR", "") for span in spans)


def list_numbers(text: str) -> list[str]:
    """Return the numbers, without what separates thousands or decimals: 1,000 and 1.000 are written alike."""
    return sorted(re.findall(r"\d+", re.sub(r"(?<=\d)[.,](?=\d)", "", text)))


def list_shapes(text: str) -> list[tuple[object, ...]]:
    """Return the parts of a page: headings by level, rows by cells, code spans and numbers, list items, paragraphs."""
    paragraphs = re.split(r"\n\s*\n", remove_blocks(text).strip())
    return [part for paragraph in paragraphs if not TO_ENGLISH.fullmatch(paragraph) for part in list_parts(paragraph)]


def list_parts(paragraph: str) -> list[tuple[object, ...]]:
    parts: list[tuple[object, ...]] = []
    for line in paragraph.splitlines():
        if line.startswith("|"):
            cells = SPAN.sub("", line.replace(r"\|", "")).count("|") - 1
            parts.append(("row", cells, list_spans(line), list_numbers(LINK.sub("", line))))
        elif mark := re.match(r"#+ | *(-|\d+\.) ", line):
            parts.append((mark[0],))
    return parts or [("paragraph",)]


def list_anchors(text: str) -> list[str]:
    """Return the anchors of the headings as forges make them: letters in small, hyphens for spaces, no other signs."""
    headings = re.findall(r"^#+ (.*)$", remove_blocks(text), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def list_links(page: Path) -> list[tuple[Path, str]]:
    """Return the file and the anchor of each relative link."""
    links = (target.partition("#") for target in LINK.findall(remove_blocks(read(page))) if "://" not in target)
    return [((page.parent / path).resolve() if path else page, anchor) for path, _, anchor in links]


def list_places(page: Path) -> list[tuple[str, int]]:
    """Return where each link leads, alike for both languages: the original's path, and the number of the heading."""
    return sorted(
        (find_original(target), list_anchors(read(target)).index(anchor) if anchor else -1)
        for target, anchor in list_links(page)
    )


def find_original(path: Path) -> str:
    if path.is_relative_to(TRANSLATIONS):
        path = DOCS / path.relative_to(TRANSLATIONS)
    name = path.relative_to(ROOT).as_posix()
    return ORIGINALS.get(name, name)


def test_each_page_has_a_translation_and_each_translation_a_page() -> None:
    assert sorted(path.relative_to(TRANSLATIONS).as_posix() for path in TRANSLATIONS.rglob("*.md")) == PAGES


def test_each_page_that_needs_no_translation_is_there() -> None:
    exceptions = WITHOUT_TRANSLATION | FOLDERS_WITHOUT_TRANSLATION
    assert {name for name in exceptions if not (DOCS / name).exists()} == set()


@each_page
def test_both_languages_have_the_same_headings_and_tables(page: str) -> None:
    english, portuguese = read_both(page)
    assert list_shapes(portuguese) == list_shapes(english)


@each_page
def test_both_languages_have_the_same_code(page: str) -> None:
    english, portuguese = read_both(page)
    assert (list_code(portuguese), list_spans(portuguese)) == (list_code(english), list_spans(english))


@each_page
@pytest.mark.parametrize("folder", [DOCS, TRANSLATIONS], ids=["en", "pt-BR"])
def test_each_relative_link_leads_to_a_file_and_a_heading(folder: Path, page: str) -> None:
    links = list_links(folder / page)
    missing = [path for path, _ in links if not path.exists()]
    assert missing == []
    assert [(path, anchor) for path, anchor in links if anchor and anchor not in list_anchors(read(path))] == []


@each_page
def test_a_translation_links_to_translations_and_to_its_original(page: str) -> None:
    original, translation = DOCS / page, TRANSLATIONS / page
    assert list_places(translation) == sorted([*list_places(original), (f"docs/{page}", -1)])
    english_pages = {path for path, _ in list_links(translation)} & {DOCS / name for name in [*PAGES, "tables.md"]}
    assert english_pages == {original}
