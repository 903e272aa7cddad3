"""Writes docs/tables.md and docs/tables.pt-BR.md from the code: `python -m scripts.tables`."""

from pathlib import Path

from huggy_connector.warehouse.read.dictionary import Language
from huggy_connector.warehouse.read.dictionary_page import render_dictionary

DOCS = Path(__file__).parents[1] / "docs"
PAGES: dict[str, Language] = {"tables.md": "en", "tables.pt-BR.md": "pt-BR"}


def main() -> None:
    for name, language in PAGES.items():
        (DOCS / name).write_text(render_dictionary(language), encoding="utf-8")
        print(f"docs/{name} is written.")


if __name__ == "__main__":
    main()
