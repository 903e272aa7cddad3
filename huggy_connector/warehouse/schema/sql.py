"""The SQL of names, texts and types."""

from collections.abc import Iterable

from huggy_connector.catalogue import Scalar, Struct, Type


def name(*parts: str) -> str:
    """Return a quoted identifier. Several parts are joined by dots."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def names(parts: Iterable[str]) -> str:
    """Return quoted identifiers, with commas between them."""
    return ", ".join(name(part) for part in parts)


def text(value: str) -> str:
    """Return a quoted string."""
    return "'" + value.replace("'", "''") + "'"


def paths(files: Iterable[str]) -> str:
    """Return a list of exact paths for `read_parquet`, which would take `*`, `?` and `[` for wildcards."""
    return "[" + ", ".join(text("".join(f"[{c}]" if c in "*?[" else c for c in file)) for file in files) + "]"


def type_of(kind: Type) -> str:
    """Return DuckDB's spelling of a catalogue type."""
    if isinstance(kind, Scalar):
        return kind.value
    if isinstance(kind, Struct):
        return "STRUCT(" + ", ".join(f"{name(field.name)} {type_of(field.type)}" for field in kind.fields) + ")"
    return f"{type_of(kind.item)}[]"
