"""Says of each setting where it comes from and what is wrong with it, where `Settings.resolve` stops at the first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Self

from pydantic import SecretStr

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import SECRETS, Settings
from huggy_connector.settings.places import find_passwords
from huggy_connector.settings.texts import normalize_value

PREFIX = "HUGGY_"
NO_SETTINGS = frozenset(("HUGGY_DEBUG",))
"""Variables of ours that are no settings."""


@dataclass(frozen=True, slots=True)
class SettingsReview:
    """The settings that are right, and what there is to say about all of them.

    `sources` says where a setting was given: "argument" or "environment". One that is not there has its default.
    `problems` has a sentence for each setting that cannot be used: `settings` has its default in its place, so nothing
    that depends on it may be done. `unknown` are sentences about variables that begin as ours do and are no settings.
    """

    settings: Settings
    sources: Mapping[str, str]
    problems: Mapping[str, str]
    unknown: tuple[str, ...]
    hidden: tuple[str, ...] = field(repr=False)
    """Every secret text that was given, right or wrong, for whoever masks them."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the review of settings that are known to be right."""
        sources = dict.fromkeys(settings.model_fields_set, "argument")
        return cls(settings, sources, {}, (), settings.secrets)

    @classmethod
    def read(cls, *, explicit: Mapping[str, Any], environ: Mapping[str, str]) -> Self:
        """Return the review of a command line and its shell. It never raises for what somebody wrote there."""
        sources, problems = dict[str, str](), dict[str, str]()
        texts = {name: environ.get(_variable(name)) for name in Settings.model_fields}
        for name in Settings.model_fields:  # allow_http is the first: the addresses are checked by it
            given = {"allow_http"} - problems.keys() | {name}
            try:
                alone = _resolve(given, explicit, texts)
            except ConfigurationError as error:
                problems[name] = str(error)
            else:
                if name in alone.model_fields_set:
                    sources[name] = "environment" if normalize_value(explicit.get(name)) is None else "argument"
        values = (*explicit.items(), *texts.items())
        hidden = [str(value) for name, value in values if value and name in SECRETS]
        hidden += [password for _, value in values if value for password in find_passwords(value)]
        settings = _resolve(Settings.model_fields.keys() - problems.keys(), explicit, texts)
        return cls(settings, sources, problems, tuple(_find_unknown(environ)), (*settings.secrets, *hidden))

    def describe(self, name: str) -> str:
        """Return a setting and its value as a person may see it: of a secret only that it is set."""
        shown = dict(self.settings.__repr_args__())[name]
        return f"{name} (set)" if isinstance(shown, SecretStr) else f"{name}={_join(shown)}"


def _resolve(names: Any, explicit: Mapping[str, Any], texts: Mapping[str, str | None]) -> Settings:
    return Settings.resolve(
        explicit={name: value for name, value in explicit.items() if name in names},
        environ={_variable(name): text for name, text in texts.items() if name in names and text is not None},
    )


def _find_unknown(environ: Mapping[str, str]) -> list[str]:
    known = {_variable(name) for name in Settings.model_fields}
    unknown = sorted(name for name in environ if name.startswith(PREFIX) and name not in known | NO_SETTINGS)
    sentences = []
    for name in unknown:
        meant = {each.removeprefix(PREFIX): each for each in known}
        close = [meant[each] for each in get_close_matches(name.removeprefix(PREFIX), meant, n=1)]
        sentences.append(f"{name} is no setting{f' (did you mean {close[0]}?)' if close else ''}")
    return sentences


def _variable(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def _join(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
