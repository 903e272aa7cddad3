"""The types of settings: which values each accepts, and what it says about all others."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, SecretStr

from huggy_connector.settings.places import parse_path, parse_place, parse_spec, parse_web_address
from huggy_connector.settings.texts import split_list


def _parse_local_file(text: str) -> str:
    if text == ":memory:":
        raise ValueError("is no file: give a path on a local disk")
    return parse_path(text)


def _parse_places(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(parse_place, texts)))


def _check_names(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        number, sign, name = text.partition("=")
        if not (sign and name.strip() and re.fullmatch(r"[1-9][0-9]{0,18}", number.strip())):
            raise ValueError("names no company by its number: write 4242=North Clinic, 77=South Store")
    return texts


def _check_zone(name: str) -> str:
    if name not in zone_names():
        raise ValueError("is no zone of the IANA database such as America/Sao_Paulo")
    return name


@cache
def zone_names() -> frozenset[str]:
    """Return the zone names that Python, Arrow and DuckDB all know: IANA's, without `localtime` and `posix/...`."""
    return frozenset((files("tzdata") / "zones").read_text(encoding="utf-8").split()) - {"Factory"}


def _check_size(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,6}(\.[0-9]+)?\s*(MB|MiB|GB|GiB)", text, re.ASCII | re.IGNORECASE):
        raise ValueError("is no size such as 512MB or 2GB")
    return text


def _parse_language(text: str) -> str:
    name = text.lower().replace("_", "-")
    if name not in {"en", "pt-br", "es"}:
        raise ValueError("is none of en, pt-br and es")
    return name


def _join_rules(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else value or ""


def _dump_json(value: object) -> object:
    """Return a mapping (from JSON or from a template) as JSON text, and anything else unchanged."""
    return json.dumps(value, default=repr) if isinstance(value, Mapping) else value


def _check_access(secret: SecretStr) -> SecretStr:
    try:
        options = json.loads(secret.get_secret_value())
    except (ValueError, RecursionError):
        options = None
    if not isinstance(options, dict) or not all(isinstance(value, str) for value in options.values()):
        raise ValueError('is no JSON object of texts such as {"access_key_id": "...", "region": "..."}')
    return secret


WebAddress: TypeAlias = Annotated[str, AfterValidator(parse_web_address)]
LocalFile: TypeAlias = Annotated[str, AfterValidator(_parse_local_file)]
"""An absolute path on this machine."""
Place: TypeAlias = Annotated[str, AfterValidator(parse_place)]
"""The absolute path of a folder, or the URL of an object store."""
Listed: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(split_list)]
Places: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(split_list), AfterValidator(_parse_places)]
CompanyNames: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(split_list), AfterValidator(_check_names)]
"""Names of companies, each after its number: `4242=North Clinic`."""
Spec: TypeAlias = Annotated[str, AfterValidator(parse_spec)]
"""Where a budget or tokens are stored: `file:`, `file:/folder`, `redis://host:6379/0`."""
Zone: TypeAlias = Annotated[str, AfterValidator(_check_zone)]
Size: TypeAlias = Annotated[str, AfterValidator(_check_size)]
Language: TypeAlias = Annotated[str, AfterValidator(_parse_language)]
Rules: TypeAlias = Annotated[str, BeforeValidator(_join_rules)]
Access: TypeAlias = Annotated[SecretStr, BeforeValidator(_dump_json), AfterValidator(_check_access)]
