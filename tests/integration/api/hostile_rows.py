"""The corpus of answers that the API, or something in its place, may give. See test_hostile_answers."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.integration.api.hostile import Act, Wire, answer

LAND = ("land", "chats", "--json")
CHECK = ("check",)
MEGABYTE = 2**20
JSON = b"Content-Type: application/json"
MARK = "in the place of this"

GARBLED = "The answer for {page} is cut off or garbled: try later."
NO_JSON = "The answer for {page} is cut off or not JSON: try later."
EMPTY = "The answer for {page} is empty, again and again: try later, or check HUGGY_BASE_URL."
WEB_PAGE = (
    "The answer for {page} is a web page, not JSON: check that HUGGY_BASE_URL is the API's address, and that no proxy "
    "answers in its place."
)
TOO_LARGE = "The answer for {page} is larger than any answer of the API: check that HUGGY_BASE_URL is its address."
TOO_DEEP = "The answer for {page} is nested too deep to be read: try later."
NOT_IN_TIME = "127.0.0.1 does not answer in time for {page}: try later."
BROKEN = "The connection to 127.0.0.1 broke while asking for {page}: try later."
NO_LIST = "The answer for {page} is {kind} where a list is due: check that HUGGY_BASE_URL is the API's address."
NO_RECORD = "The answer for {page} holds {kind} where a record is due."
REFUSED = "The API refused {page} with status {status}: check HUGGY_BASE_URL and HUGGY_API_VERSION."
FAILED = "The API failed with status {status} for {page}, again and again: try later."
FORBIDDEN = (
    "The token's agent may not read {page}: check HUGGY_COMPANY_ID, and authorise with an administrator's token."
)
NOT_FOUND = "Not found: {page}. Check HUGGY_BASE_URL (it ends in the version of the API), HUGGY_COMPANY_ID and the id."
NO_TOKEN = "The API does not accept the token (revoked, or of another account): run `huggy auth login`."
LIMIT = "The account's request limit is used up by others too: lower HUGGY_REQUESTS_PER_SECOND while they run."
PAUSE = (
    "The API asks (429) for a pause of {pause}, longer than HUGGY_LONGEST_PAUSE allows (3,600 seconds): try later, or "
    "ask Huggy what is wrong."
)
NO_UTF8 = "The answer for {page} holds bytes that are no UTF-8: they were replaced."
NO_RECORDS = "{page}: {count} elements are no records each time it is asked for."
NO_ID = "The token's profile has no id: check that HUGGY_BASE_URL is the API's address."
NO_CONNECTION = "No connection to 127.0.0.1: check HUGGY_BASE_URL, the network and the proxy settings."
NO_END = "The list goes on for ever: is the base URL right, and is the `page` parameter honoured?"
NO_CERTIFICATE = (
    "The certificate of 127.0.0.1 is not trusted: check HUGGY_BASE_URL, or set SSL_CERT_FILE to the certificates of "
    "your network."
)
NO_COMPANY = "The token's profile names no company: set HUGGY_COMPANY_ID to the number of your account."
SAME_ROWS = " hold the same rows, so the list has no end: is the base URL right, and does the server honour the `page`"
CLOCKS = "set this host's clock. If the API's is wrong, HUGGY_CLOCK=host goes by this host's."


@dataclass(frozen=True)
class Row:
    """One answer, and what comes of it. It ends well unless it says that and why it does not."""

    act: Act
    at: str = "page 0"
    once: bool = False
    says: str = ""
    """The sentence it ends with, {page} being what `at` is called; or a part of it."""
    code: int = 1
    """Its exit code then."""
    notes: str = ""
    """What it tells on its way."""
    again: bool = False
    """Whether what may pass is asked for again."""
    asked: int | None = None
    """How often `at` is asked for, exactly."""
    exact: bool = True
    """Whether it vouches for what is landed."""
    lacks: int = 0
    """Rows of the account of which nothing is landed, however they are called."""
    nameless: int = 0
    """Rows that are landed and have lost their ids."""
    lingers: bool = False
    """Whether rows that it made up may be in the next snapshot, which then does not call itself exact."""
    command: tuple[str, ...] = LAND
    slow: bool = False
    """It takes as long as an answer may."""
    scheme: str = "http"

    @property
    def page(self) -> str:
        """How sentences call what was asked for."""
        return {"profile": "the token's profile", "chats": "page 0 of chats"}.get(self.at, f"{self.at} of chats")


# What is done ---------------------------------------------------------------------------------------------------------


def sends(*pieces: bytes) -> Act:
    def act(wire: Wire) -> None:
        for piece in pieces:
            wire.send(piece)

    return act


def says(body: bytes, *lines: bytes, status: bytes = b"200 OK", date: str | None = None) -> Act:
    """A whole answer. TOKEN in it is the token: nothing of an answer may be quoted."""

    def act(wire: Wire) -> None:
        token = wire.token.encode()
        told = [line.replace(b"TOKEN", token) for line in lines]
        kind = () if any(line.lower().startswith(b"content-type") for line in told) else (JSON,)
        wire.send(answer(body.replace(b"TOKEN", token), *kind, *told, status=status, date=date))

    return act


def status(told: bytes, *lines: bytes, body: bytes = b'{"reason": "TOKEN"}') -> Act:
    return says(body, *lines, status=told)


def with_lines(*lines: bytes, status: bytes = b"200 OK", date: str | None = None) -> Act:
    """The healthy answer, with another head."""
    return lambda wire: wire.send(answer(wire.healthy(), *lines, status=status, date=date))


def packed(pack: Callable[[bytes], bytes], *encodings: bytes) -> Act:
    lines = [b"Content-Encoding: " + each for each in encodings]
    return lambda wire: wire.send(answer(pack(wire.healthy()), JSON, *lines))


def recoded(change: Callable[[str], bytes], kind: bytes = JSON) -> Act:
    return lambda wire: wire.send(answer(change(wire.healthy().decode()), kind))


def turned(change: Callable[[list[dict[str, Any]]], object]) -> Act:
    """The healthy rows, changed."""
    return lambda wire: wire.send(answer(json.dumps(change(wire.rows())).encode(), JSON))


def in_row(name: str, value: bytes, place: int = 3) -> Act:
    """One row has `value`, which is JSON or worse, as its field `name`."""

    def act(wire: Wire) -> None:
        rows = wire.rows()
        rows[place][name] = MARK
        wire.send(answer(json.dumps(rows).encode().replace(json.dumps(MARK).encode(), value), JSON))

    return act


def in_rows(name: str, value: bytes) -> Act:
    """All rows of the page have it."""

    def act(wire: Wire) -> None:
        rows = [{**row, name: MARK} for row in wire.rows()]
        wire.send(answer(json.dumps(rows).encode().replace(json.dumps(MARK).encode(), value), JSON))

    return act


def without(name: str, place: int = 3) -> Act:
    def act(wire: Wire) -> None:
        rows = wire.rows()
        del rows[place][name]
        wire.send(answer(json.dumps(rows).encode(), JSON))

    return act


def profile(name: str, value: bytes) -> Act:
    """The profile with a field of another value; without it where that is empty."""

    def act(wire: Wire) -> None:
        told: dict[str, Any] = json.loads(wire.healthy())
        told = {key: each for key, each in told.items() if key.lower() != name.lower()} | (
            {name: MARK} if value else {}
        )
        wire.send(answer(json.dumps(told).encode().replace(json.dumps(MARK).encode(), value), JSON))

    return act


def floods(head: bytes, piece: bytes, *, every: float = 0.0) -> Act:
    def act(wire: Wire) -> None:
        wire.send(head)
        wire.flood(piece, every=every)

    return act


def silent(head: bytes = b"") -> Act:
    def act(wire: Wire) -> None:
        wire.send(head)
        wire.be_silent()

    return act


def resets(after: Callable[[bytes], bytes]) -> Act:
    """The connection is reset after a part of the healthy answer."""

    def act(wire: Wire) -> None:
        wire.send(after(answer(wire.healthy(), JSON)))
        wire.reset()

    return act


def cut(after: Callable[[bytes], bytes]) -> Act:
    return lambda wire: wire.send(after(answer(wire.healthy(), JSON)))


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


@cache
def bomb(wbits: int = 31) -> bytes:
    """A gigabyte of blanks in one megabyte."""
    packer = zlib.compressobj(9, wbits=wbits)
    head = packer.compress(b"[" * MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * 1023 + packer.flush()


def two_members(body: bytes) -> bytes:
    return gzip.compress(body[:100]) + gzip.compress(body[100:])


def nested(open_: bytes, close: bytes, levels: int) -> bytes:
    return open_ * levels + b"1" + close * levels


def shrinking() -> Act:
    """A page that holds fewer rows each time."""
    turns = iter(range(10**9))
    return turned(lambda rows: rows[: max(1, len(rows) - 1 - next(turns))])


def many_rows(wire: Wire) -> None:
    """A list of one page: its own rows, and ten thousand little ones."""
    more = [{"id": 10_000_000 - each} for each in range(10_000)]
    rows = [row for page in range(3) for row in json.loads(wire.healthy(page))]
    wire.send(answer(json.dumps([*more, *rows] if wire.path.endswith("page=0") else []).encode(), JSON))


def new_rows(wire: Wire) -> None:
    """Twenty rows that were never seen, on whatever page."""
    page = int(wire.path.partition("page=")[2])
    wire.send(answer(json.dumps([{"id": 20 * page + each + 1} for each in range(20)]).encode(), JSON))


def first_page(wire: Wire) -> None:
    """Page 0, whatever page is asked for."""
    wire.send(answer(wire.healthy(0), JSON))


def chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Guest Wi-Fi TOKEN</body></html>"

# The table ------------------------------------------------------------------------------------------------------------

SIZES = {
    "a gzip bomb": Row(packed(lambda _: bomb(), b"gzip"), says=TOO_LARGE, asked=1),
    "a zlib bomb": Row(packed(lambda _: bomb(15), b"deflate"), says=TOO_LARGE, asked=1),
    "an endless body": Row(floods(HEAD + b"\r\n[", b" " * MEGABYTE), says=TOO_LARGE, asked=1),
    "an endless body in chunks": Row(floods(CHUNKED, chunks(b"[" * MEGABYTE)), says=TOO_LARGE, asked=1),
    "chunks of one byte for ever": Row(floods(CHUNKED, chunks(b"[") * 10_000), says=NOT_IN_TIME, again=True, slow=True),
    "seventy megabytes": Row(says(b"[" + b" " * (70 * MEGABYTE) + b"]"), says=TOO_LARGE, asked=1),
    "twenty megabytes of little lists": Row(says(b"[" + b"[]," * (7 * MEGABYTE) + b"[]]"), says=TOO_LARGE, asked=1),
    "header lines for ever": Row(floods(HEAD, b"X-More: and more\r\n" * 1_000), says=GARBLED, again=True),
    "a header value for ever": Row(floods(HEAD + b"X-Long: ", b"x" * 10_000), says=GARBLED, again=True),
    "a status line for ever": Row(floods(b"HTTP/1.1 200 ", b"O" * 10_000), says=GARBLED, again=True),
    "a header value of 80 KB": Row(with_lines(b"X-Long: " + b"x" * 80_000)),
    "a header value of 200 KB": Row(with_lines(b"X-Long: " + b"x" * 200_000), says=GARBLED, again=True),
    "ninety header lines": Row(with_lines(*(b"X-%d: y" % each for each in range(90)))),
    "a slow body": Row(
        floods(HEAD + b"Content-Length: 100000\r\n\r\n[", b" ", every=0.1), says=NOT_IN_TIME, again=True, slow=True
    ),
    "a slow head": Row(floods(HEAD + b"X-Long: ", b"x", every=0.1), says=NOT_IN_TIME, again=True, slow=True),
    "a slow status line": Row(floods(b"HTTP/1.1 200 ", b"O", every=0.1), says=NOT_IN_TIME, again=True, slow=True),
    "no answer": Row(silent(), says=NOT_IN_TIME, again=True, slow=True),
    "no answer, once": Row(silent(), once=True, slow=True),
    "no body after its head": Row(
        silent(HEAD + b"Content-Length: 10\r\n\r\n"), says=NOT_IN_TIME, again=True, slow=True
    ),
    "a length too long": Row(says(b"[]", b"Content-Length: 99"), says=GARBLED, again=True),
    "a length too long, once": Row(says(b"[]", b"Content-Length: 99"), once=True),
    "a length too short": Row(says(b'[{"id": 1}]', b"Content-Length: 5"), says=NO_JSON, again=True),
    "a length of an exabyte": Row(says(b"[]", b"Content-Length: 1000000000000000000"), says=GARBLED, again=True),
    "a length of 5,000 digits": Row(says(b"[]", b"Content-Length: " + b"9" * 5_000), says=GARBLED, again=True),
    "a negative length": Row(says(b"[]", b"Content-Length: -1"), says=GARBLED, again=True),
    "a length in words": Row(says(b"[]", b"Content-Length: two"), says=GARBLED, again=True),
    "two lengths": Row(says(b"[]", b"Content-Length: 2", b"Content-Length: 3"), says=GARBLED, again=True),
    "a length and chunks": Row(
        lambda wire: wire.send(
            answer(chunks(wire.healthy(), b""), JSON, b"Content-Length: 3", b"Transfer-Encoding: chunked")
        )
    ),
    "no length": Row(lambda wire: wire.send(HEAD + b"\r\n" + wire.healthy())),
    "a chunk of no size": Row(sends(CHUNKED + b"size?\r\n[]\r\n0\r\n\r\n"), says=GARBLED, again=True),
    "a chunk of negative size": Row(sends(CHUNKED + b"-2\r\n[]\r\n0\r\n\r\n"), says=GARBLED, again=True),
    "a chunk of 2^64 bytes": Row(sends(CHUNKED + b"10000000000000000\r\n[]"), says=GARBLED, again=True),
    "a chunk's extension for ever": Row(floods(CHUNKED + b"2;", b"x" * 10_000), says=GARBLED, again=True),
    "trailers for ever": Row(
        floods(CHUNKED + b"2\r\n[]\r\n0\r\n", b"X-More: and more\r\n" * 1_000), says=GARBLED, again=True
    ),
    "chunks without an end": Row(sends(CHUNKED + chunks(b"[]")), says=GARBLED, again=True),
    "an unknown transfer encoding": Row(says(b"[]", b"Transfer-Encoding: gzip"), says=GARBLED, again=True),
    "an empty body": Row(says(b""), says=EMPTY, again=True),
    "an empty body, once": Row(says(b""), once=True),
    "blanks": Row(says(b" \r\n" * 100), says=EMPTY, again=True),
}
ENCODINGS = {
    "gzip": Row(packed(gzip.compress, b"gzip")),
    "GZIP": Row(packed(gzip.compress, b"GZIP")),
    "x-gzip": Row(packed(gzip.compress, b"x-gzip")),
    "identity": Row(packed(lambda body: body, b"identity")),
    "deflate": Row(packed(zlib.compress, b"deflate")),
    "raw deflate": Row(packed(raw_deflate, b"deflate"), says=GARBLED, again=True),
    "gzip in gzip": Row(
        packed(lambda body: gzip.compress(gzip.compress(body)), b"gzip, gzip"), says=GARBLED, again=True
    ),
    "gzip in gzip, told in two lines": Row(
        packed(lambda body: gzip.compress(gzip.compress(body)), b"gzip", b"gzip"), says=GARBLED, again=True
    ),
    "gzip told once and done twice": Row(
        packed(lambda body: gzip.compress(gzip.compress(body)), b"gzip"), says=NO_JSON, again=True
    ),
    "gzip told and not done": Row(packed(lambda body: body, b"gzip"), says=GARBLED, again=True),
    "gzip done and not told": Row(packed(gzip.compress), says=NO_JSON, again=True),
    "gzip cut off": Row(packed(lambda body: gzip.compress(body)[:-50], b"gzip"), says=GARBLED, again=True),
    "gzip cut off, once": Row(packed(lambda body: gzip.compress(body)[:-50], b"gzip"), once=True),
    "gzip with a wrong sum": Row(
        packed(lambda body: gzip.compress(body)[:-8] + bytes(8), b"gzip"), says=GARBLED, again=True
    ),
    "gzip and more behind it": Row(packed(lambda body: gzip.compress(body) + b"more", b"gzip")),
    "gzip in two members": Row(packed(two_members, b"gzip")),
    "gzip and more behind it for ever": Row(
        floods(HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"[]"), b"x" * MEGABYTE),
        says=TOO_LARGE,
        asked=1,
    ),
    "br": Row(packed(lambda body: body, b"br"), says=GARBLED, again=True),
    "zstd": Row(packed(lambda body: body, b"zstd"), says=GARBLED, again=True),
    "an encoding of no name": Row(packed(lambda body: body, b"\xff\xfe"), says=GARBLED, again=True),
    "a byte that is no UTF-8": Row(in_row("customer", b'"Jo\xe3o"'), notes=NO_UTF8),
    "latin-1": Row(
        recoded(lambda text: text.encode("latin-1", "replace"), b"Content-Type: application/json; charset=iso-8859-1"),
        notes=NO_UTF8,
    ),
    "UTF-16": Row(recoded(lambda text: text.encode("utf-16"))),
    "UTF-16 without a mark": Row(recoded(lambda text: text.encode("utf-16-be"))),
    "UTF-32": Row(recoded(lambda text: text.encode("utf-32"))),
    "a byte order mark": Row(recoded(lambda text: text.encode("utf-8-sig"))),
    "two byte order marks": Row(recoded(lambda text: ("\ufeff" + text).encode("utf-8-sig")), says=NO_JSON, again=True),
    "EBCDIC": Row(recoded(lambda text: text.encode("cp037", "replace")), says=NO_JSON, again=True),
    "half a surrogate": Row(in_row("customer", rb'"\ud83d"')),
    "a NUL": Row(in_row("customer", rb'"a\u0000b"')),
    "a NUL as a byte": Row(in_row("customer", b'"a\0b"'), says=NO_JSON, again=True),
    "a tab as a byte": Row(in_row("customer", b'"a\tb"'), says=NO_JSON, again=True),
}
NESTING = {
    **{
        f"{levels:,} {name}": Row(in_row("extra", nested(*signs, levels)), says=says_, again=bool(says_))
        for levels, says_ in ((100, ""), (400, ""), (1_000, TOO_DEEP), (100_000, TOO_DEEP))
        for name, signs in {"lists": (b"[", b"]"), "objects": (b'{"a":', b"}")}.items()
    },
    "100,000 lists that nobody closes": Row(says(b"[" * 100_000), says=TOO_DEEP, again=True),
    "100,000 objects that nobody closes": Row(says(b'[{"a":' * 50_000), says=TOO_DEEP, again=True),
}
NUMBERS = {
    **{
        f"{value[:20].decode()} in a field": Row(in_row("extra", value))
        for value in (b"1e400", b"-1e400", b"NaN", b"Infinity", b"-Infinity", b"9" * 5_000, b"-0.0", b"1E-400")
    },
    "5,000 digits behind the point": Row(in_row("extra", b"0." + b"1" * 5_000)),
    "a number with leading zeros": Row(in_row("extra", b"007"), says=NO_JSON, again=True),
    "a number in hex": Row(in_row("extra", b"0xff"), says=NO_JSON, again=True),
    **{
        f"{value[:20].decode()} as a contact's id": Row(in_row("contactId", value))
        for value in (b"-1", b"0", b"9223372036854775808", b"1.5", b"true", b'"\xf0\x9f\x98\x80"', b"1e400")
    },
}
IDS = {
    **{
        f"the id {value[:20].decode()}": Row(in_row("id", value), nameless=1)
        for value in (
            b"-1",
            b"0",
            b"9223372036854775807",
            b"9223372036854775808",
            b"18446744073709551616",
            b"1.5",
            b"1e400",
            b"NaN",
            b"9" * 5_000,
            b"true",
            b"null",
            b'""',
            b'"a text"',
            b'"\xf0\x9f\x98\x80"',
            '"\u0661\u0662\u0663"'.encode(),
            b'"-1"',
            b'"12 "',
            b"[]",
            b"[7]",
            b'{"id": 7}',
        )
    },
    "no id": Row(without("id"), nameless=1),
    "no ids on the last page": Row(in_rows("id", b"null"), at="page 1", nameless=5),
    "no ids on the first page": Row(in_rows("id", b"null"), nameless=20, exact=False),
    "one id for all rows": Row(in_rows("id", b"7"), nameless=20),
    "a float that is whole": Row(in_row("id", b"7.0"), nameless=1),
}
TIMES = {
    f"{value.decode()} as a time": Row(in_row(name, value))
    for name in ("createdAt",)
    for value in (
        b'"0000-00-00 00:00:00"',
        b'"0001-01-01 00:00:00"',
        b'"9999-12-31 23:59:59"',
        b'"9999-12-31T23:59:59-23:59"',
        b'"0001-01-01T00:00:00+23:59"',
        b'"99999-01-01"',
        b"1e18",
        b"1000000000000000000",
        b"-1000000000",
        b'"-1000000000"',
        b"1e400",
        b'"garbage"',
        b'""',
        b"null",
        b'"2026-11-01T10:00:00Z"',
        b'"2026-11-01T10:00:00+14:00"',
        b'"2026-02-30 00:00:00"',
        b'"2026-11-01 24:00:00"',
        b'"2026-11-01 23:59:60"',
        b"{}",
        b"[]",
        b"true",
        b'{"date": "2026-11-01 10:00:00.000000", "timezone_type": 3, "timezone": "UTC"}',
    )
} | {"9999 as the time of every row": Row(in_rows("createdAt", b'"9999-12-31 23:59:59"'))}
HEADERS = {
    **{
        f"429 with Retry-After: {value[:30].decode('latin-1')}": Row(
            status(b"429 Slow", b"Retry-After: " + value), once=True, asked=3
        )
        for value in (b"-5", b"NaN", b"inf", b"garbage", b"", b"0", b"9" * 400, b"1, 2", b"\xff")
    },
    **{
        f"429 with Retry-After: {value.decode()}": Row(
            status(b"429 Slow", b"Retry-After: " + value), says=PAUSE.format(pause=pause), asked=1
        )
        for value, pause in {
            b"1e12": "many years",
            b"7200": "2.0 hours",
            b"Fri, 31 Dec 9999 23:59:59 GMT": "many years",
        }.items()
    },
    "429 with Retry-After: the epoch": Row(
        status(b"429 Slow", b"Retry-After: Thu, 01 Jan 1970 00:00:00 GMT"), once=True, asked=3
    ),
    "429 with two of them": Row(status(b"429 Slow", b"Retry-After: 1", b"Retry-After: 1e12"), once=True, asked=3),
    "200 with Retry-After: 1e12": Row(with_lines(b"Retry-After: 1e12")),
    **{
        f"Date: {date[:40]}": Row(with_lines(date=date), at="profile")
        for date in (
            "Fri, 31 Dec 99999999999 23:59:59 GMT",
            "Fri, 31 Dec 9999 23:59:59 GMT",
            "Fri, 31 Dec 9999 23:59:59 -9999",
            "Mon, 01 Jan 0001 00:00:00 GMT",
            "Thu, 01 Jan 1969 00:00:00 GMT",
            "garbage",
            "x" * 5_000,
            " ",
            "1e400",
        )
    },
    "no Date": Row(with_lines(date=""), at="profile"),
    "a Date of next year": Row(
        with_lines(date="Fri, 31 Dec 2027 23:59:59 GMT"), at="profile", says=CLOCKS, code=2, asked=1
    ),
    "a Date of next year in mid run": Row(with_lines(date="Fri, 31 Dec 2027 23:59:59 GMT")),
    **{
        f"Content-Type: {kind[:30].decode('latin-1')}": Row(with_lines(b"Content-Type: " + kind))
        for kind in (b"text/html", b"application/json; charset=klingon", b"\xff/\xfe", b"", b"x" * 5_000)
    },
    "500 cookies": Row(
        with_lines(*[b"Set-Cookie: a%d=TOKEN; Domain=.com; Max-Age=1e400" % each for each in range(500)])
    ),
    "the same header 900 times": Row(with_lines(*[b"X-Same: again"] * 900)),
    "a header without a colon": Row(with_lines(b"no colon here"), says=GARBLED, again=True),
    "a header without a name": Row(with_lines(b": value"), says=GARBLED, again=True),
    "a header with a NUL": Row(with_lines(b"X-Odd: a\0b"), says=GARBLED, again=True),
    "a header in latin-1": Row(with_lines(b"X-Odd: S\xe3o Paulo")),
    "a folded header": Row(with_lines(b"X-Odd: one\r\n two")),
    "a blank before a colon": Row(with_lines(b"X-Odd : one"), says=GARBLED, again=True),
    "a link to go on at": Row(
        with_lines(b"Link: <file:///etc/passwd>; rel=next", b"Refresh: 0; url=file:///", b"Alt-Svc: clear")
    ),
    "lines that end in LF": Row(lambda wire: wire.send(answer(wire.healthy()).replace(b"\r\n", b"\n"))),
}
LINES = {
    "garbage for a status line": Row(sends(b"HELLO\r\n\r\n"), says=GARBLED, again=True),
    "a body without a head": Row(sends(b"[]"), says=GARBLED, again=True),
    "SSH": Row(sends(b"SSH-2.0-OpenSSH_9.9\r\n"), says=GARBLED, again=True),
    "HTTP/9.9": Row(lambda wire: wire.send(b"HTTP/9.9 200 OK\r\n\r\n" + wire.healthy())),
    "HTTP/2": Row(sends(b"HTTP/2 200\r\n\r\n[]"), says=GARBLED, again=True),
    "HTTP/1.0": Row(lambda wire: wire.send(b"HTTP/1.0 200 OK\r\n\r\n" + wire.healthy())),
    "frames of HTTP/2": Row(sends(b"\0\0\x12\x04\0\0\0\0\0" + bytes(18)), says=GARBLED, again=True),
    "no reason": Row(lambda wire: wire.send(answer(wire.healthy(), status=b"200"))),
    "a reason that is the token": Row(status(b"418 TOKEN"), says=REFUSED.format(page="{page}", status=418), asked=1),
    "status 99": Row(status(b"99 Odd"), says=GARBLED, again=True),
    "status 1000": Row(status(b"1000 Odd"), says=GARBLED, again=True),
    "status -1": Row(status(b"-1 Odd"), says=GARBLED, again=True),
    "status 000": Row(status(b"000 Odd"), says=GARBLED, again=True),
    "100 for ever": Row(floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), says=NOT_IN_TIME, again=True, slow=True),
    "100 a hundred times": Row(
        lambda wire: wire.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 100 + answer(wire.healthy(), JSON))
    ),
    "early hints": Row(
        lambda wire: wire.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer(wire.healthy(), JSON))
    ),
    "101": Row(
        status(b"101 Switching Protocols", b"Upgrade: websocket", b"Connection: upgrade"), says=GARBLED, again=True
    ),
    "TLS": Row(sends(b"\x15\x03\x01\x00\x02\x02\x46"), says=GARBLED, again=True),
    "a connection that is closed where TLS is due": Row(
        sends(), at="TLS", scheme="https", says=NO_CONNECTION, again=True
    ),
    "garbage where TLS is due": Row(sends(bytes(100)), at="TLS", scheme="https", says=NO_CONNECTION, again=True),
    "plain HTTP where TLS is due": Row(
        sends(b"HTTP/1.1 400 Bad Request\r\n\r\n"), at="TLS", scheme="https", says=NO_CONNECTION, again=True
    ),
}
REDIRECTS = {
    **{
        f"{code} to {name}": Row(
            status(b"%d Moved" % code, b"Location: " + where), says=REFUSED.format(page="{page}", status=code), asked=1
        )
        for code, name, where in (
            (301, "another host", b"http://localhost:1/v3/chats?page=0"),
            (302, "another host", b"http://localhost:1/v3/chats?page=0"),
            (303, "another host", b"http://localhost:1/v3/chats?page=0"),
            (307, "another host", b"http://localhost:1/v3/chats?page=0"),
            (308, "another host", b"http://localhost:1/v3/chats?page=0"),
            (302, "itself", b"/v3/chats?page=0"),
            (302, "a file", b"file:///etc/passwd"),
            (302, "a script", b"javascript:alert(1)"),
            (302, "nowhere", b""),
            (302, "the token's host", b"http://TOKEN.example/"),
            (302, "garbage", b"http://[::1:99999\\\xff"),
        )
    },
    "302 without Location": Row(status(b"302 Found"), says=REFUSED.format(page="{page}", status=302), asked=1),
    "300": Row(status(b"300 Choices"), says=REFUSED.format(page="{page}", status=300), asked=1),
    "304": Row(status(b"304 Not Modified", body=b""), says=REFUSED.format(page="{page}", status=304), asked=1),
}
STATUSES = {
    **{
        f"status {code}": Row(status(b"%d Odd" % code), says=REFUSED.format(page="{page}", status=code), asked=1)
        for code in (400, 402, 405, 406, 407, 409, 410, 413, 422, 425, 451, 499)
    },
    "status 401": Row(status(b"401 Odd"), says=NO_TOKEN, asked=1),
    "status 403": Row(status(b"403 Odd"), says=FORBIDDEN, asked=1),
    "status 404": Row(status(b"404 Odd"), says=NOT_FOUND, asked=1),
    "status 429 without a header": Row(status(b"429 Odd"), says=LIMIT, again=True),
    "status 429 without a header, once": Row(status(b"429 Odd"), once=True, asked=3),
    **{
        f"status {code}": Row(status(b"%d Odd" % code), says=FAILED.format(page="{page}", status=code), again=True)
        for code in (408, 500, 501, 502, 503, 504, 507, 511, 520, 599, 999)
    },
    "status 503, once": Row(status(b"503 Odd", b"Retry-After: 1e12"), once=True),
    **{f"status {code} with the rows": Row(with_lines(status=b"%d Odd" % code)) for code in (201, 203, 206, 299)},
    "status 202 without rows": Row(
        status(b"202 Accepted", body=b"{}"), says=NO_LIST.format(page="{page}", kind="an object"), again=True
    ),
    "status 204": Row(status(b"204 No Content", body=b""), says=EMPTY, again=True),
    "status 205": Row(status(b"205 Reset Content", body=b""), says=EMPTY, again=True),
    "status 204 at the profile": Row(status(b"204 No Content", body=b""), at="profile", says=EMPTY, again=True),
}
WEB_PAGES = {
    "a captive portal": Row(says(HTML, b"Content-Type: text/html"), says=WEB_PAGE, again=True),
    "a captive portal at first": Row(says(HTML, b"Content-Type: text/html"), at="profile", says=WEB_PAGE, again=True),
    "a captive portal, once": Row(says(HTML, b"Content-Type: text/html"), at="profile", once=True),
    "a captive portal that says it is JSON": Row(says(HTML), says=WEB_PAGE, again=True),
    "a web page behind blanks": Row(says(b"\r\n\t " + HTML), says=WEB_PAGE, again=True),
    "a web page behind a byte order mark": Row(says("\ufeff".encode() + HTML), says=NO_JSON, again=True),
    "XML": Row(says(b"<?xml version='1.0'?><!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>"), says=WEB_PAGE, again=True),
    "a word": Row(says(b"OK TOKEN", b"Content-Type: text/plain"), says=NO_JSON, again=True),
    "JSONP": Row(says(b"callback([])"), says=NO_JSON, again=True),
    "JSON lines": Row(says(b'{"id": 1}\n{"id": 2}\n'), says=NO_JSON, again=True),
    "JSON behind a guard": Row(says(b")]}',\n[]"), says=NO_JSON, again=True),
    "JSON with a comma too many": Row(says(b"[{},]"), says=NO_JSON, again=True),
    "JSON with a comment": Row(says(b"[] // TOKEN"), says=NO_JSON, again=True),
}
LISTS = {
    **{
        f"{kind} for a list": Row(says(body), says=NO_LIST.format(page="{page}", kind=kind), again=True)
        for kind, body in {
            "an object": b'{"data": [], "token": "TOKEN"}',
            "null": b"null",
            "a truth value": b"true",
            "a number": b"1e400",
            "a text": b'"TOKEN"',
        }.items()
    },
    "an object for a list, once": Row(says(b'{"data": []}'), once=True),
    **{
        f"{kind} for each record": Row(says(body), says=NO_RECORD.format(page="{page}", kind=kind), again=True)
        for kind, body in {"null": b"[null, null]", "a text": b'["TOKEN", "b"]', "a list": b"[[], []]"}.items()
    },
    "a null among the rows": Row(
        turned(lambda rows: [*rows[:3], None, *rows[4:]]),
        exact=False,
        lacks=1,
        nameless=1,
        notes=NO_RECORDS.format(page="{page}", count=1),
    ),
    "a null among the rows, once": Row(turned(lambda rows: [*rows[:3], None, *rows[4:]]), once=True),
    "no rows, once": Row(says(b"[]"), once=True),
    "ten thousand rows on a page": Row(many_rows, at="chats"),
    "ten thousand long rows on a page": Row(turned(lambda rows: rows * 500), says=TOO_LARGE, asked=1),
    "one row twice": Row(turned(lambda rows: [*rows, rows[0]])),
    "a page that shrinks, once": Row(turned(lambda rows: rows[:-1]), once=True),
    "a page that shrinks": Row(shrinking(), exact=False, lacks=1, nameless=1),
    "the first page for ever": Row(first_page, at="chats", says=SAME_ROWS),
    "new rows for ever": Row(new_rows, at="chats", says=NO_END, lingers=True),
    "keys twice": Row(lambda wire: wire.send(answer(re.sub(rb'\{"id":', rb'{"id":1,"id":', wire.healthy()), JSON))),
    "a key that is empty": Row(in_row("", b'""')),
    "a key of 100,000 signs": Row(in_row("x" * 100_000, b"1")),
    "a thousand keys": Row(
        turned(lambda rows: [{**rows[0], **{f"key {each}": 1 for each in range(1_000)}}, *rows[1:]])
    ),
    "a text of a megabyte": Row(in_row("customer", b'"' + b"x" * MEGABYTE + b'"')),
    "a text where an object is due": Row(in_row("chatCustomer", b'"text"')),
    "a list where a text is due": Row(in_row("situation", b'["a", {"b": null}]')),
}
RESETS = {
    "reset before the answer": Row(resets(lambda _: b""), says=BROKEN, again=True),
    "reset before the answer, once": Row(resets(lambda _: b""), once=True),
    "reset in the status line": Row(resets(lambda whole: whole[:10]), says=BROKEN, again=True),
    "reset in the head": Row(resets(lambda whole: whole[:40]), says=BROKEN, again=True),
    "reset in the body": Row(resets(lambda whole: whole[:-10]), says=BROKEN, again=True),
    "reset in the body, once": Row(resets(lambda whole: whole[:-10]), once=True),
    "reset in the body of page 1": Row(resets(lambda whole: whole[:-10]), at="page 1", says=BROKEN, again=True),
    "reset on every page, once": Row(resets(lambda whole: whole[:-10]), at="page 2", once=True),
    "reset at the profile": Row(resets(lambda _: b""), at="profile", says=BROKEN, again=True),
    "closed before the answer": Row(cut(lambda _: b""), says=GARBLED, again=True),
    "closed before the answer, once": Row(cut(lambda _: b""), once=True),
    "closed in the head": Row(cut(lambda whole: whole[:40]), says=GARBLED, again=True),
    "closed after the head": Row(cut(lambda whole: whole.partition(b"\r\n\r\n")[0]), says=GARBLED, again=True),
    "closed in the body": Row(cut(lambda whole: whole[:-10]), says=GARBLED, again=True),
}
PROFILES = {
    **{
        f"companyID {value[:20].decode()}": Row(profile("companyID", value), at="profile", says=NO_COMPANY, asked=1)
        for value in (
            b"",
            b"1e400",
            b"-1",
            b"0",
            b"9223372036854775808",
            b"9" * 5_000,
            b"null",
            b"true",
            b"1.5",
            b'"a text"',
            b'"../.."',
            b"[]",
            b"{}",
        )
    },
    "no company where one is set": Row(
        profile("companyID", b""), at="profile", command=(*LAND, "--company-id", "4242"), asked=1
    ),
    "an error for a profile": Row(says(b'{"error": "TOKEN"}'), at="profile", says=NO_COMPANY, asked=1),
    "no id of the agent": Row(profile("id", b""), at="profile", says=NO_ID, asked=1),
    "a list": Row(
        says(b"[]"), at="profile", says="The answer for the token's profile is a list where a record", asked=1
    ),
    "null for a profile": Row(
        says(b"null"), at="profile", says="The answer for the token's profile is null where a record", asked=1
    ),
    "a name that colours a terminal": Row(
        profile("name", rb'"\u001b[31mred\u0007\nhuggy: all is well \u202e"'), at="profile", command=CHECK, asked=1
    ),
    "a name of a megabyte": Row(profile("name", b'"' + b"x" * MEGABYTE + b'"'), at="profile", command=CHECK, asked=1),
    "a name that is an object": Row(profile("name", b'{"a": ["b"]}'), at="profile", command=CHECK, asked=1),
    "half a surrogate for a name": Row(profile("name", rb'"\ud83d"'), at="profile", command=CHECK, asked=1),
}
CHECKS = {
    "check: 9999 as a time": Row(in_rows("createdAt", b'"9999-12-31 23:59:59"'), command=CHECK),
    "check: the year 1 as a time": Row(in_rows("updatedAt", b'"0001-01-01 00:00:00"'), command=CHECK),
    "check: a Date of 9999": Row(with_lines(date="Fri, 31 Dec 9999 23:59:59 GMT"), at="profile", command=CHECK),
    "check: a Date of 1970": Row(with_lines(date="Thu, 01 Jan 1970 00:00:00 GMT"), at="profile", command=CHECK),
    "check: a Date of 2199": Row(with_lines(date="Thu, 01 Jan 2199 00:00:00 GMT"), at="profile", command=CHECK),
    "check: no list of chats": Row(
        says(b"{}"), command=CHECK, says=NO_LIST.format(page="{page}", kind="an object"), again=True
    ),
    "check: 403 at the chats": Row(status(b"403 Odd"), command=CHECK),
    "check: a captive portal": Row(says(HTML), at="profile", command=CHECK, says=WEB_PAGE, again=True),
    "check: a redirect": Row(
        status(b"302 Found", b"Location: https://TOKEN.example"),
        at="profile",
        command=CHECK,
        says=REFUSED.format(page="{page}", status=302),
        asked=1,
    ),
}


def passed_over(row: Row, *, at: str = "page 1", lacks: int = 5) -> Row:
    """The same at another page than the first: that page is missing, and all else is landed."""
    told = f"{row.says} The page is passed over: its records are missing."
    return Row(row.act, at=at, exact=False, lacks=lacks, nameless=lacks, notes=told)


PAGES = {
    **{
        f"{name}, on the last page": passed_over(row)
        for name, row in {
            "a gzip bomb": SIZES["a gzip bomb"],
            "seventy megabytes": SIZES["seventy megabytes"],
            "1,000 lists": NESTING["1,000 lists"],
            "100,000 objects that nobody closes": NESTING["100,000 objects that nobody closes"],
            "XML": WEB_PAGES["XML"],
            "a word": WEB_PAGES["a word"],
            "an object for a list": LISTS["an object for a list"],
            "a number for a list": LISTS["a number for a list"],
            "null for each record": LISTS["null for each record"],
        }.items()
    },
    "an object for the page behind the last one": passed_over(LISTS["an object for a list"], at="page 2", lacks=0),
    "a web page for the page behind the last one": passed_over(WEB_PAGES["XML"], at="page 2", lacks=0),
}
KINDS: dict[str, dict[str, Row]] = {
    "pages": PAGES,
    "sizes": SIZES,
    "encodings": ENCODINGS,
    "nesting": NESTING,
    "numbers": NUMBERS,
    "ids": IDS,
    "times": TIMES,
    "headers": HEADERS,
    "lines": LINES,
    "redirects": REDIRECTS,
    "statuses": STATUSES,
    "web pages": WEB_PAGES,
    "lists": LISTS,
    "resets": RESETS,
    "profiles": PROFILES,
    "checks": CHECKS,
}
FOUND = {
    "encodings: a byte that is no UTF-8",
    "encodings: gzip in two members",
    "encodings: gzip and more behind it for ever",
    "headers: Date: Mon, 01 Jan 0001 00:00:00 GMT",
    "lines: a connection that is closed where TLS is due",
    "lists: a null among the rows",
    "profiles: no company where one is set",
    "profiles: no id of the agent",
    "redirects: 302 to a script",
    "redirects: 302 to garbage",
    "statuses: status 408",
}
"""What once broke something, or was told wrongly."""
ROWS = {f"{kind}: {name}": row for kind, rows in KINDS.items() for name, row in rows.items()}
FEWER = {
    f"{kind}: {name}": row
    for kind, rows in KINDS.items()
    for place, (name, row) in enumerate(rows.items())
    if f"{kind}: {name}" in FOUND or place % 24 == 0
}
