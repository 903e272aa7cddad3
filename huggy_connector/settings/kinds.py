"""The kinds of settings: what each takes for a value, and the words in which it refuses the rest."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, SecretStr

from huggy_connector.settings.places import path_at, place_at, spec_at, web_address
from huggy_connector.settings.texts import parted


def _local_file(text: str) -> str:
    if text == ":memory:":
        raise ValueError("is no file: give a path on a local disk")
    return path_at(text)


def _places(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(place_at, texts)))


def _zone(name: str) -> str:
    if name not in zones():
        raise ValueError("is no zone of the IANA database such as America/Sao_Paulo")
    return name


@cache
def zones() -> frozenset[str]:
    """The names that Python, Arrow and DuckDB all know, as IANA writes them: not `localtime`, not `posix/...`."""
    return frozenset((files("tzdata") / "zones").read_text(encoding="utf-8").split()) - {"Factory"}


def _size(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,6}(\.[0-9]+)?\s*(MB|MiB|GB|GiB)", text, re.ASCII | re.IGNORECASE):
        raise ValueError("is no size such as 512MB or 2GB")
    return text


def _language(text: str) -> str:
    name = text.lower().replace("_", "-")
    if name not in {"en", "pt-br", "es"}:
        raise ValueError("is none of en, pt-br and es")
    return name


def _rules(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else value or ""


def _written(value: object) -> object:
    """An object of JSON, or of a template that makes objects, as its text."""
    return json.dumps(value, default=repr) if isinstance(value, Mapping) else value


def _access(secret: SecretStr) -> SecretStr:
    try:
        told = json.loads(secret.get_secret_value())
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or not all(isinstance(each, str) for each in told.values()):
        raise ValueError('is no JSON object of texts such as {"access_key_id": "...", "region": "..."}')
    return secret


WebAddress: TypeAlias = Annotated[str, AfterValidator(web_address)]
LocalFile: TypeAlias = Annotated[str, AfterValidator(_local_file)]
"""A path of this machine, absolute."""
Place: TypeAlias = Annotated[str, AfterValidator(place_at)]
"""A folder, absolute, or the URL of an object store."""
Listed: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(parted)]
Places: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(parted), AfterValidator(_places)]
Spec: TypeAlias = Annotated[str, AfterValidator(spec_at)]
"""What shares a budget or keeps tokens: `file:`, `file:/folder`, `redis://host:6379/0`."""
Zone: TypeAlias = Annotated[str, AfterValidator(_zone)]
Size: TypeAlias = Annotated[str, AfterValidator(_size)]
Language: TypeAlias = Annotated[str, AfterValidator(_language)]
Rules: TypeAlias = Annotated[str, BeforeValidator(_rules)]
Access: TypeAlias = Annotated[SecretStr, BeforeValidator(_written), AfterValidator(_access)]
