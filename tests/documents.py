"""What the documents tell people to type: names to import, and command lines of `huggy`."""

from __future__ import annotations

import ast
import contextlib
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = sorted(path for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md") for path in ROOT.glob(pattern))
SCRIPTS = sorted(path for folder in ("dags", "examples", "plugins") for path in (ROOT / folder).rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "examples").rglob("*.ipynb"))
SOURCES = sorted((ROOT / "huggy_connector").rglob("*.py"))

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
SHELLS = {"sh", "bash", "shell"}
OPERATORS = {*"&|;<>"}
"""What ends a command of a shell. A file behind `>` is then a command of its own, which is not ours."""
COMMAND = re.compile(r"(?:^|[\s/(])huggy ([a-z][^\n]*)")
EXAMPLE = re.compile(r"\s*(?:Examples?: )?(?:eval \"\$\()?huggy [a-z]")
IN_QUOTES = re.compile(r"[\"']((?:/\S*/)?huggy [a-z][^\"'\n]*)[\"']")
IN_PROSE = re.compile(r"\bhuggy (?:auth )?[a-z]+(?: [\w./-]+)? --[\w-]+(?:[ =][\w.-]*\w)?")
"""A command with an option that stands in a sentence without a mark around it."""


@cache
def read_texts() -> tuple[tuple[str, str], ...]:
    """Return each text that a person reads, with its file: pages, notebooks, and the strings of all code."""
    return tuple(_read_texts())


def _read_texts() -> Iterator[tuple[str, str]]:
    for path in PAGES:
        yield _name(path), path.read_text(encoding="utf-8")
    for path in NOTEBOOKS:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            yield _name(path), "".join(cell["source"])
    for path in (*SCRIPTS, *SOURCES):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "huggy " in node.value:
                yield _name(path), node.value


def list_imports() -> list[tuple[str, str, str]]:
    """Return where, from which module and which name: everything of ours that a document imports."""
    code = [(_name(path), path.read_text(encoding="utf-8")) for path in SCRIPTS]
    for where, text in read_texts():
        blocks = [body for language, body in BLOCK.findall(text) if language in {"python", "py"}]
        spans = [span for span in SPAN.findall(BLOCK.sub("", text)) if span.startswith("from huggy_connector")]
        code += [(where, body) for body in (*blocks, *spans)]
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code += [(_name(path), "".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]
    return sorted({(where, *each) for where, body in code for each in _find_imports(body)})


def _find_imports(code: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "huggy_connector":
            yield from ((node.module or "", alias.name) for alias in node.names)
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name.partition(".")[0] == "huggy_connector")


def list_commands() -> list[tuple[str, str, bool]]:
    """Return each command line of `huggy` that a document shows: where, what follows `huggy`, and whether it is whole.

    A whole one is to be typed. Another one is a mention, which may lack a value: `huggy rollback --block`.
    """
    found: set[tuple[str, str, bool]] = set()
    for where, text in read_texts():
        blocks = BLOCK.findall(text)
        lines = [line for language, body in blocks if language in SHELLS for line in _split_script(body)]
        lines += [line for language, body in blocks if language not in SHELLS for line in IN_QUOTES.findall(body)]
        typed = [line for line in text.splitlines() if where.endswith(".py") and EXAMPLE.match(line)]
        lines += typed if "Example" in text else []
        without = BLOCK.sub("", text)
        mentions = [span.replace("\\|", "|").partition(" | ")[0] for span in SPAN.findall(without)]
        mentions += IN_PROSE.findall(SPAN.sub("", without)) + [line for line in typed if not line.endswith(".")]
        found |= {(where, each, True) for each in _find_commands(lines)}
        found |= {(where, each, False) for each in _find_commands(mentions)}
    return sorted(found)


def _find_commands(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if (match := COMMAND.search(line)) and not line.startswith("airflow "):
            yield re.sub(r"\s{2,}\(.*\)$|\)[\"']$", "", match[1]).strip()


def list_tools(*tools: str) -> list[tuple[str, list[str]]]:
    """Return each command of one of these tools, other than `huggy`, that a page tells people to type, and its page."""
    found = []
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        typed = [line for language, body in BLOCK.findall(text) if language in SHELLS for line in _split_script(body)]
        typed += SPAN.findall(BLOCK.sub("", text))
        found += [(_name(path), words) for line in typed if (words := _split_words(line)) and words[0] in tools]
    return found


def list_calls() -> list[tuple[str, ast.Call]]:
    """Return each call of a plain name that a page shows, in a block of Python or in a sentence, and its page."""
    found = []
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        codes = [body for language, body in BLOCK.findall(text) if language in {"python", "py"}]
        codes += [span for span in SPAN.findall(BLOCK.sub("", text)) if re.match(r"[A-Za-z_]+\(.+\)$", span)]
        for code in codes:
            with contextlib.suppress(SyntaxError):  # `privacy(chats, contacts: masked)` is a sentence
                nodes = ast.walk(ast.parse(code))
                found += [
                    (_name(path), node)
                    for node in nodes
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
                ]
    return found


def _split_words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return []


def _split_script(script: str) -> Iterator[str]:
    """Yield the commands of a shell script: without comments, one for each side of `&&`, `;`, `|`, `&` and `>`."""
    unfinished = ""
    for line in script.replace("\\\n", " ").splitlines():
        try:
            words = _split_line(f"{unfinished}{line}")
        except ValueError:  # a quotation that ends on a later line
            unfinished += f"{line}\n"
            continue
        unfinished, command = "", list[str]()
        for word in words:
            if not {*word} - OPERATORS:
                yield shlex.join(command)
                command = []
            else:
                command.append(word)
        yield shlex.join(command)


def _split_line(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="".join(OPERATORS))
    lexer.whitespace_split = True
    return list(lexer)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
