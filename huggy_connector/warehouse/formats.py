"""How an answer is written into a file: by the file's ending, or for Excel."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from huggy_connector.storage import replacing
from huggy_connector.warehouse.forms import EXCEL, FILE, PARQUET, Form, name_in_excel

_NO_NUMBER = re.compile(rb'"(?:[^"\\]|\\.)*"|-?Infinity|NaN')


def nulls_for_no_numbers(line: bytes) -> bytes:
    """A line of JSON as DuckDB writes it, without the NaN and Infinity that JSON does not know."""
    if b"NaN" not in line and b"Infinity" not in line:
        return line
    return _NO_NUMBER.sub(lambda part: part[0] if part[0].startswith(b'"') else b"null", line)


def _same(name: str) -> str:
    return name


@dataclass(frozen=True, slots=True)
class Format:
    """`options` of DuckDB's COPY; then `head` is put before the file, and each line goes through `mended`."""

    options: str
    form: Form = FILE
    named: Callable[[str], str] = _same
    head: bytes = b""
    mended: Callable[[bytes], bytes] | None = None

    def finish(self, file: Path) -> None:
        """Does to the file what DuckDB cannot."""
        if not self.head and self.mended is None:
            return
        with replacing(file) as other, file.open("rb") as told, other.open("wb") as mended:
            mended.write(self.head)
            mended.writelines(told if self.mended is None else map(self.mended, told))


BY_ENDING = {
    ".csv": Format("FORMAT csv, HEADER"),
    ".json": Format("FORMAT json, ARRAY true", mended=nulls_for_no_numbers),
    ".jsonl": Format("FORMAT json", mended=nulls_for_no_numbers),
    ".ndjson": Format("FORMAT json", mended=nulls_for_no_numbers),
    ".parquet": Format("FORMAT parquet, COMPRESSION zstd", PARQUET),
}
FOR_EXCEL = Format("FORMAT csv, HEADER, DELIMITER ';'", EXCEL, name_in_excel, head=b"\xef\xbb\xbf")
"""A CSV as Excel in Brazil opens it: UTF-8 with its mark, `;` between columns, a comma in fractions."""
