"""What tells one definition from another, and what a client shows of it."""

from dataclasses import replace

from huggy_connector.warehouse.marts.definitions import read_definitions

OPEN_NOW = next(each for each in read_definitions() if each.table.name == "open_now")


def test_a_fingerprint_changes_with_the_query_and_the_words_of_a_column_but_not_with_the_example() -> None:
    table = replace(OPEN_NOW.table, columns=OPEN_NOW.table.columns[1:])
    others = [replace(OPEN_NOW, query=f"{OPEN_NOW.query} "), replace(OPEN_NOW, table=table)]
    assert len({each.fingerprint for each in (OPEN_NOW, *others)}) == 3
    example = replace(OPEN_NOW.example, words="another one")
    assert replace(OPEN_NOW, example=example).fingerprint == OPEN_NOW.fingerprint


def test_a_comment_begins_with_the_formula() -> None:
    assert OPEN_NOW.comment.startswith("Formula: age = ")
    assert not replace(OPEN_NOW, formula=None).comment.startswith("Formula")
