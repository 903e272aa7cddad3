from huggy_connector.catalogue import Field, ListOf, Scalar, Struct
from huggy_connector.warehouse.schema import sql


def test_quotes_are_doubled_in_names_and_texts() -> None:
    assert (sql.name('a"b'), sql.name("meta", "loads"), sql.names(["a", "select"]), sql.text("d'água")) == (
        '"a""b"',
        '"meta"."loads"',
        '"a", "select"',
        "'d''água'",
    )


def test_a_path_with_wildcard_characters_stands_for_itself_only() -> None:
    assert sql.paths(["/a*b/[c]?.parquet", "/d'e"]) == "['/a[*]b/[[]c][?].parquet', '/d''e']"


def test_nested_types_are_spelled_with_quoted_field_names() -> None:
    kind = ListOf(Struct((Field("id", Scalar.BIGINT, "id"), Field("group", Scalar.INSTANT, "group"))))
    assert sql.type_of(kind) == 'STRUCT("id" BIGINT, "group" TIMESTAMPTZ)[]'
