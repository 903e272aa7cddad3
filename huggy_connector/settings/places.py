"""Where things lie: a path, made absolute once for all who use it, or the URL of an object store."""

import os
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

OBJECT_STORES = ("s3", "gs", "az", "abfss")
"""Schemes of the URLs that a landing may have."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_UNFILLED = re.compile(r"\$\w|\$\{|%\w+%|.*(\{\{|\{%)", re.DOTALL)


def is_url(place: str) -> bool:
    """Whether a place is given as a URL, and not as a path. `s3:/bucket` is a URL with a slash too few."""
    return _SCHEME.match(place) is not None


def path_at(text: str) -> str:
    """The absolute path that a text stands for: `~` is a home folder, what is relative begins in the current one.

    Raises ValueError for what would become a folder that nobody meant.
    """
    if is_url(text):
        raise ValueError("is no path on a disk of this machine")
    if _UNFILLED.match(text):
        raise ValueError("holds a variable or template that nobody has filled in: write the path itself")
    if text.split("/", 1)[0] == "~" and not os.environ.get("HOME", "/").startswith("/"):
        raise ValueError("begins with ~, and the variable HOME holds no path: write the path itself")
    path = os.path.expanduser(text)  # noqa: PTH111 -- pathlib takes ./~ for a home folder too
    if path.startswith("~"):
        raise ValueError("begins with ~, and there is no such home folder: write the path itself")
    try:
        return str(Path(path).absolute())
    except FileNotFoundError:
        raise ValueError("is a relative path, and the current folder is gone: give an absolute one") from None


def place_at(text: str) -> str:
    """A folder as an absolute path, or a URL of an object store without anything secret in it. Raises ValueError."""
    if not is_url(text):
        return path_at(text)
    nowhere = "is neither a folder nor a URL such as s3://bucket/folder, gs://bucket or az://container"
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError(nowhere) from None
    if parts.scheme not in OBJECT_STORES or not parts.netloc or not text.isprintable():
        raise ValueError(nowhere)
    if parts.password or parts.query or parts.fragment or (parts.username and parts.scheme != "abfss"):
        raise ValueError("may hold only the bucket and a path, and no credentials")
    return text.rstrip("/")


def spec_at(text: str) -> str:
    """What shares a budget or keeps tokens, such as `file:/folder?share=0.5`: the path of a file is made absolute."""
    kind, colon, rest = text.partition(":")
    place, mark, options = rest.partition("?")
    if kind.strip().lower() != "file":
        return text
    return f"file{colon}{path_at(place.strip()) if place.strip() else ''}{mark}{options}"


def passwords_in(spec: object) -> tuple[str, ...]:
    """The passwords in such a spec, as they are written there and as they are meant."""
    address, _, options = str(spec).partition("?")
    user = re.match(r"\s*[\w+.-]+://(?P<all>.*)@", address, re.DOTALL)
    hidden = [user["all"].partition(":")[2] or user["all"]] if user else []
    hidden += [value for name, value in parse_qsl(options) if "password" in name.lower()]
    return tuple(dict.fromkeys(each for text in hidden if text for each in (text, unquote(text))))


def holds_password(spec: object) -> bool:
    """Whether a spec opens a door to whoever reads it."""
    return bool(passwords_in(spec))


def web_address(text: str) -> str:
    """The URL of a web server, without a slash at its end. Raises ValueError."""
    nothing = "is no http or https URL such as https://api.huggy.app/v3"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
        named = host if ":" in host else host.encode("idna").decode()
    except ValueError:  # and UnicodeError, of a name that no computer can have
        raise ValueError(nothing) from None
    if parts.scheme not in {"http", "https"} or not named or re.search(r"\s", text) or not text.isprintable():
        raise ValueError(nothing)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("may hold only scheme, host and path")
    return text.rstrip("/")
