"""Parses paths and URLs of settings. Paths become absolute here, once for all who use them."""

import os
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

OBJECT_STORES = ("s3", "gs", "az", "abfss")
"""URL schemes of a landing."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_TEMPLATE = re.compile(r"\$\w|\$\{|%\w+%|.*(\{\{|\{%)", re.DOTALL)


def is_url(place: str) -> bool:
    """Say whether a place is a URL and not a path. `s3:/bucket` counts as a URL: it lacks one slash."""
    return _SCHEME.match(place) is not None


def parse_path(text: str) -> str:
    """Return the absolute path of a text: `~` is a home folder, and a relative path starts in the current folder.

    Raises ValueError for a text that would become a folder that nobody meant.
    """
    if is_url(text):
        raise ValueError("is no path on a disk of this machine")
    if _TEMPLATE.match(text):
        raise ValueError("holds a variable or template that nobody has filled in: write the path itself")
    if text.split("/", 1)[0] == "~" and not os.environ.get("HOME", "/").startswith("/"):
        raise ValueError("begins with ~, and the variable HOME holds no path: write the path itself")
    path = os.path.expanduser(text)  # noqa: PTH111 -- pathlib expands ./~ too
    if path.startswith("~"):
        raise ValueError("begins with ~, and there is no such home folder: write the path itself")
    try:
        return str(Path(path).absolute())
    except FileNotFoundError:
        raise ValueError("is a relative path, and the current folder is gone: give an absolute one") from None


def parse_place(text: str) -> str:
    """Return the absolute path of a folder, or the URL of an object store. Raises ValueError, also for credentials."""
    if not is_url(text):
        return parse_path(text)
    sentence = "is neither a folder nor a URL such as s3://bucket/folder, gs://bucket or az://container"
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError(sentence) from None
    if parts.scheme not in OBJECT_STORES or not parts.netloc or not text.isprintable():
        raise ValueError(sentence)
    if parts.password or parts.query or parts.fragment or (parts.username and parts.scheme != "abfss"):
        raise ValueError("may hold only the bucket and a path, and no credentials")
    return text.rstrip("/")


def parse_spec(text: str) -> str:
    """Return the spec of a budget or token store, such as `file:/folder?share=0.5`, with an absolute path."""
    kind, colon, rest = text.partition(":")
    place, mark, options = rest.partition("?")
    if kind.strip().lower() != "file":
        return text
    return f"file{colon}{parse_path(place.strip()) if place.strip() else ''}{mark}{options}"


def find_passwords(spec: object) -> tuple[str, ...]:
    """Return the passwords in such a spec, both as written and decoded."""
    address, _, options = str(spec).partition("?")
    user = re.match(r"\s*[\w+.-]+://(?P<all>.*)@", address, re.DOTALL)
    hidden = [user["all"].partition(":")[2] or user["all"]] if user else []
    hidden += [value for name, value in parse_qsl(options) if "password" in name.lower()]
    return tuple(dict.fromkeys(each for text in hidden if text for each in (text, unquote(text))))


def has_password(spec: object) -> bool:
    """Say whether a spec holds a password."""
    return bool(find_passwords(spec))


def parse_web_address(text: str) -> str:
    """Return the URL of a web server, without a slash at its end. Raises ValueError."""
    sentence = "is no http or https URL such as https://api.huggy.app/v3"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
        ascii_host = host if ":" in host else host.encode("idna").decode()
    except ValueError:  # and UnicodeError: an impossible host name
        raise ValueError(sentence) from None
    if parts.scheme not in {"http", "https"} or not ascii_host or re.search(r"\s", text) or not text.isprintable():
        raise ValueError(sentence)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("may hold only scheme, host and path")
    return text.rstrip("/")
