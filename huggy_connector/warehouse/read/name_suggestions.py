"""What a misspelt name of a table may mean."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches

from huggy_connector.warehouse.schema.table_spec import TableSpec

SHORTEST_PART = 3
"""Letters from which on a part of a name suggests the whole name."""
SUGGESTIONS_AT_MOST = 3


def suggest_tables(name: str, tables: Sequence[TableSpec]) -> str:
    """Return a question for a name that no table has: the tables that it may mean. Empty if none is close."""
    wanted = fold_text(name)
    if owners := [table.title for table in tables if any(column.name == wanted for column in table.columns)]:
        return f"it is a column of {join_names(owners[:SUGGESTIONS_AT_MOST])}."
    titles = {table.name: table.title for table in reversed(tables)} | {table.title: table.title for table in tables}
    close = get_close_matches(wanted, titles, n=5)
    close += [each for each in titles if len(wanted) >= SHORTEST_PART and wanted in each]
    found = list(dict.fromkeys(titles[each] for each in close))[:SUGGESTIONS_AT_MOST]
    return f"did you mean {join_names(found)}?" if found else ""


def fold_text(text: str) -> str:
    """Return the text in lower case without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def join_names(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
