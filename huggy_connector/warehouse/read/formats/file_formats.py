"""The file formats that a query can be exported to: by the file's suffix, or for Excel."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from huggy_connector.storage import replace_file
from huggy_connector.visible import escape_formula
from huggy_connector.warehouse.read.formats.value_formats import EXCEL, FILE, PARQUET, ValueFormat

_STRING_OR_NON_FINITE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?Infinity|NaN')


def replace_non_finite(line: bytes) -> bytes:
    """Replace NaN and Infinity, which JSON does not have, by null in a line of JSON from DuckDB."""
    if b"NaN" not in line and b"Infinity" not in line:
        return line
    return _STRING_OR_NON_FINITE.sub(lambda part: part[0] if part[0].startswith(b'"') else b"null", line)


def _keep_name(name: str) -> str:
    return name


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How DuckDB and we write one kind of file.

    `options` are those of DuckDB's COPY. `value_format` and `rename_column` shape its SELECT. After COPY the file gets
    `prefix` as its first bytes, and each line goes through `fix_line`.
    """

    options: str
    value_format: ValueFormat = FILE
    rename_column: Callable[[str], str] = _keep_name
    prefix: bytes = b""
    fix_line: Callable[[bytes], bytes] | None = None

    def finish(self, file: Path) -> None:
        """Make the changes in a written file that DuckDB cannot make."""
        if not self.prefix and self.fix_line is None:
            return
        with replace_file(file) as new_file, file.open("rb") as source, new_file.open("wb") as target:
            target.write(self.prefix)
            target.writelines(source if self.fix_line is None else map(self.fix_line, source))


FORMATS_BY_SUFFIX = {
    ".csv": FileFormat("FORMAT csv, HEADER"),
    ".json": FileFormat("FORMAT json, ARRAY true", fix_line=replace_non_finite),
    ".jsonl": FileFormat("FORMAT json", fix_line=replace_non_finite),
    ".ndjson": FileFormat("FORMAT json", fix_line=replace_non_finite),
    ".parquet": FileFormat("FORMAT parquet, COMPRESSION zstd", PARQUET),
}
EXCEL_CSV = FileFormat("FORMAT csv, HEADER, DELIMITER ';'", EXCEL, escape_formula, prefix=b"\xef\xbb\xbf")
"""A CSV that Excel in Brazil opens: UTF-8 with a byte order mark, `;` between columns, a decimal comma."""
