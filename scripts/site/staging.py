"""Writes the sources of one language of the site: its pages, with links that lead to pages of the same language.

Where a page is not translated, the English one stands in its place, with a note. `index.md` is the navigation: what it
links to below a heading is a part of the table of contents.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from huggy_connector.warehouse.read.dictionary_page import RELATIONS
from scripts.site.pages import DOCS, OUTSIDE_DOCS, ROOT, TRANSLATED, Page, list_pages, replace_targets, resolve_link

NOT_TRANSLATED = """
:::{note}
Esta página ainda não foi traduzida: segue em inglês.
:::
"""
DECISIONS = {
    "en": ("Decisions", "One page for each decision that someone might want to undo."),
    TRANSLATED: ("Decisões", "Uma página para cada decisão que alguém poderia querer desfazer, em inglês."),
}
START = {"en": "Start", TRANSLATED: "Começar"}
JOINS = {"en": ("A row of", "has many of", "joined by"), TRANSLATED: ("Uma linha de", "tem várias de", "ligadas por")}
_FILE_AS_WORDS = re.compile(r"\[(?:[\w./-]+\.md|docs/[\w./-]+)\](?=\(\S+\.md(?:#\S+)?\))")
"""The words of a link that are a page's path: on the site they are its title, which Sphinx puts in where none are."""
PUBLIC_MODULES = ("huggy_connector", "huggy_connector.airflow")
"""The packages whose `__all__` is public. A name that two of them have is described where it comes first."""
LOCALE = Path(__file__).parent / "locale"
"""What the theme says, in Portuguese."""
FILES = "_files"
"""The folder of the sources with files of the repository that pages link to."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The sources of one language in a folder."""

    language: str
    folder: Path
    pages: dict[str, Page]
    """The pages by their names, in this language where they are translated."""
    named: dict[Path, str]
    """The names of all pages, in any language, by their files."""

    def write(self) -> None:
        for page in self.pages.values():
            self._write_page(page.name, self._render(page))
        if any(name.startswith("decisions/") for name in self.pages):
            title, sentence = DECISIONS[self.language]
            self._write_page("decisions/index", f"# {title}\n\n{sentence}\n\n{_draw_toctree(self._list('decisions/'))}")

    def _write_page(self, name: str, text: str) -> None:
        file = self.folder / f"{name}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def _list(self, prefix: str) -> list[str]:
        """Return the names below a folder as a page in it calls them."""
        names = (name.removeprefix(prefix) for name in self.pages if name.startswith(prefix))
        return sorted(name for name in names if name != "index")

    def _render(self, page: Page) -> str:
        text = page.file.read_text(encoding="utf-8")
        text = re.sub(r"^<!-- (?:begin|end): .*-->\n\n?", "", text, flags=re.MULTILINE)
        text = re.sub(r"( · |^)\[(Em português|In English)\]\(.*\)", "", text, flags=re.MULTILINE)  # the sidebar has it
        text = re.sub(r"^```mermaid\n.*?^```", lambda _: self._draw_joins(), text, flags=re.MULTILINE | re.DOTALL)
        text = self._relink(text, page)
        if page.name == "start":  # its title is the home page's
            text = re.sub(r"^# .*", f"# {START[self.language]}", text)
        if page.name == "index":
            text += self._draw_navigation(page)
        elif page.name.endswith("/index"):
            text += f"\n{_draw_toctree(self._list(page.name.removesuffix('index')), is_hidden=True)}"
        elif page.name == "python":
            text += "".join(_document_modules())
        if page.language != self.language:
            title, _, rest = text.partition("\n")
            text = f"{title}\n{NOT_TRANSLATED}{rest}"
        return text

    def _relink(self, text: str, page: Page) -> str:
        """Return the page with links inside the site. Where one leads to a folder of code, its words stay."""
        nowhere: list[str] = []

        def find_target(target: str) -> str:
            resolved = resolve_link(target, page.file)
            if resolved is None or target.startswith("#"):
                return target
            file, anchor = resolved
            if (name := self._find_name(file)) is not None:
                anchor = f"#{anchor}" if anchor and self._has_own_words(name, file) else ""
                return f"{_relate(f'{name}.md', page.name)}{anchor}"
            if file.is_file():
                return _relate(self._copy(file), page.name)
            nowhere.append(target)
            return target

        text = replace_targets(text, find_target)
        text = _FILE_AS_WORDS.sub("[]", text)
        for target in nowhere:
            text = re.sub(rf"\[([^\[\]]*)\]\({re.escape(target)}\)", r"\1", text)
        return text

    def _find_name(self, file: Path) -> str | None:
        """Return the name of the page that a file, or a folder of pages, is on the site."""
        return "decisions/index" if file == DOCS / "decisions" else self.named.get(file)

    def _has_own_words(self, name: str, file: Path) -> bool:
        """Say whether the page here is the very file: a translation has other anchors."""
        return name in self.pages and self.pages[name].file == file

    def _copy(self, file: Path) -> str:
        """Copy a file of the repository into the sources. Return its path there."""
        copy = self.folder / FILES / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
        return copy.relative_to(self.folder).as_posix()

    def _draw_joins(self) -> str:
        """Return the joins as a table: the diagram needs a script of megabytes."""
        lines = [f"| {' | '.join(JOINS[self.language])} |", "|---|---|---|"]
        for parent, child, column in RELATIONS:
            cells = [f"[{each}](#{each.replace('.', '')})" for each in (parent, child)]
            lines.append(f"| {cells[0]} | {cells[1]} | `{child}.{column} = {parent}.id` |")
        return "\n".join(lines)

    def _draw_navigation(self, page: Page) -> str:
        """Return a table of contents for each heading of the page, with what is linked to below it."""
        drawn = [_draw_toctree(["start"], is_hidden=True)]
        for section in page.file.read_text(encoding="utf-8").split("\n## ")[1:]:
            heading, _, body = section.partition("\n")
            links = re.findall(r"^- \[([^\]]*)\]\(([^)]+)\)", body, re.MULTILINE)
            entries = [self._draw_entry(words, each[0]) for words, to in links if (each := resolve_link(to, page.file))]
            drawn.append(_draw_toctree(entries, caption=heading, is_hidden=True))
        return "\n" + "\n".join(drawn)

    def _draw_entry(self, words: str, file: Path) -> str:
        """Return a page as the contents have it: with its title, or the words of the link if that is not translated."""
        name = str(self._find_name(file))
        is_translated = name not in self.pages or self.pages[name].language == self.language
        return name if is_translated else f"{words} <{name}>"


def stage(language: str, folder: Path) -> None:
    """Write the sources of a language into a folder, which is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    every_page = [*OUTSIDE_DOCS, *list_pages()]
    here = {page.name: page for wanted in ("en", language) for page in every_page if page.language == wanted}
    Stage(language, folder, here, {page.file: page.name for page in every_page}).write()
    shutil.copytree(LOCALE, folder / "_locale")


def _relate(path: str, name: str) -> str:
    """Return a path of the sources as a page calls it."""
    return os.path.relpath(path, Path(name).parent)


def _draw_toctree(names: Sequence[str], *, caption: str = "", is_hidden: bool = False) -> str:
    options = [*([f":caption: {caption}"] if caption else []), *([":hidden:"] if is_hidden else []), ":maxdepth: 1"]
    return "\n".join(["```{toctree}", *options, "", *names, "```", ""])


def _document_modules() -> Iterable[str]:
    """Yield the directives that describe each public name by its signature and its docstring."""
    described: set[int] = set()
    for path in PUBLIC_MODULES:
        module = importlib.import_module(path)
        names = [name for name in getattr(module, "__all__", ()) if not name.startswith("_")]
        documented = [name for name in names if _is_documented(getattr(module, name), described)]
        if documented:
            yield f"\n## {path}\n\n```{{eval-rst}}\n"
            yield "\n".join(_draw_directive(path, name, getattr(module, name)) for name in documented)
            yield "\n```\n"


def _is_documented(value: object, described: set[int]) -> bool:
    is_new = callable(value) and id(value) not in described
    described.add(id(value))
    return is_new


def _draw_directive(path: str, name: str, value: object) -> str:
    if isinstance(value, type):
        has_known_base = not any(base is object or base.__name__.startswith("_") for base in value.__bases__)
        inheritance = "   :show-inheritance:\n" if has_known_base else ""
        return f".. autoclass:: {path}.{name}\n   :members:\n{inheritance}"
    return f".. autofunction:: {path}.{name}\n"
