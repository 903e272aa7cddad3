"""The pages of docs: which there are, where a link of one leads, and which anchors one has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
TRANSLATED = "pt-BR"
"""The folder of docs with the pages in Portuguese, and the suffix of pages that are beside their English ones."""

_FENCE = re.compile(r"^ *(`{3,}|~{3,})")
_TARGET = re.compile(r"(?<=\]\()[^()\s]+(?=\))")
_CODE = re.compile(r"(`+)(?:(?!\1).)*\1")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the site: its name there, the file of its words, and the language of these."""

    name: str
    file: Path
    language: str


OUTSIDE_DOCS = (
    Page("start", ROOT / "README.md", "en"),
    Page("start", ROOT / f"README.{TRANSLATED}.md", TRANSLATED),
    Page("changes", ROOT / "CHANGELOG.md", "en"),
    Page("security", ROOT / "SECURITY.md", "en"),
    Page("contributing", ROOT / "CONTRIBUTING.md", "en"),
)
"""The pages of the site whose words are beside docs."""


def list_pages(docs: Path = DOCS) -> list[Page]:
    """Return every page of docs, first the English ones."""
    pages = [_read_page(file, docs) for file in sorted(docs.rglob("*.md"))]
    return sorted(pages, key=lambda page: (page.language, page.name))


def _read_page(file: Path, docs: Path) -> Page:
    path = file.relative_to(docs)
    is_translated = path.parts[0] == TRANSLATED or path.stem.endswith(f".{TRANSLATED}")
    inner = path.relative_to(TRANSLATED) if path.parts[0] == TRANSLATED else path
    stem = inner.stem.removesuffix(f".{TRANSLATED}")
    name = inner.with_name("index" if stem == "README" else stem).as_posix()
    return Page(name, file, TRANSLATED if is_translated else "en")


def split_code(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the lines of a page, each with whether it is in a block of code."""
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if fence:
            yield True, line
            if mark and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        else:
            fence = mark[1] if mark else ""
            yield bool(mark), line


def replace_targets(text: str, replace: Callable[[str], str]) -> str:
    """Return the page with the target of each link and picture replaced; what is code stays as it is."""
    lines = [line if is_code else _replace_in_line(line, replace) for is_code, line in split_code(text)]
    return "\n".join(lines) + "\n"


def _replace_in_line(line: str, replace: Callable[[str], str]) -> str:
    spans = [match.span() for match in _CODE.finditer(line)]

    def replace_one(match: re.Match[str]) -> str:
        is_code = any(start < match.start() < end for start, end in spans)
        return match[0] if is_code else replace(match[0])

    return _TARGET.sub(replace_one, line)


def list_links(text: str) -> list[str]:
    """Return the targets of all links and pictures of a page."""
    targets: list[str] = []

    def note(target: str) -> str:
        targets.append(target)
        return target

    replace_targets(text, note)
    return targets


def resolve_link(target: str, file: Path) -> tuple[Path, str] | None:
    """Return the file that a link leads to, and the anchor in it; None for an address of the web."""
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return None
    path, _, anchor = target.partition("#")
    return (file.parent / unquote(path)).resolve() if path else file.resolve(), unquote(anchor)


def list_anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as the usual forges make them."""
    anchors: dict[str, int] = {}
    for is_code, line in split_code(text):
        if not is_code and (heading := re.match(r"#{1,6} +(.+?) *#*$", line)):
            slug = _make_slug(heading[1])
            anchors[slug] = anchors.get(slug, -1) + 1
            if anchors[slug]:
                anchors[f"{slug}-{anchors[slug]}"] = 0
    return set(anchors)


def _make_slug(heading: str) -> str:
    words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
