"""How names, texts and types are written in DuckDB's SQL."""

from collections.abc import Iterable

from huggy_connector.catalogue import Scalar, Struct, Type


def name(*parts: str) -> str:
    """A quoted identifier; several parts are joined by dots."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def names(parts: Iterable[str]) -> str:
    """Quoted identifiers, each by itself, with commas between."""
    return ", ".join(name(part) for part in parts)


def text(value: str) -> str:
    """A quoted string."""
    return "'" + value.replace("'", "''") + "'"


def paths(files: Iterable[str]) -> str:
    """A list of exact paths for `read_parquet`, which would take `*`, `?` and `[` for wildcards."""
    return "[" + ", ".join(text("".join(f"[{c}]" if c in "*?[" else c for c in file)) for file in files) + "]"


def type_of(kind: Type) -> str:
    """A catalogue type as DuckDB spells it."""
    if isinstance(kind, Scalar):
        return kind.value
    if isinstance(kind, Struct):
        return "STRUCT(" + ", ".join(f"{name(field.name)} {type_of(field.type)}" for field in kind.fields) + ")"
    return f"{type_of(kind.item)}[]"
