"""Checks the settings: where each comes from, and which of them cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from huggy_connector.pipeline.doctor.check_row import Finding, fail, ok, warn
from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.settings import Settings, name_variable
from huggy_connector.settings.review import SettingsReview
from huggy_connector.warehouse import read_calendar


def check_settings(review: SettingsReview) -> Iterator[Finding]:
    """Say which settings were given and where, and what is wrong with one."""
    if review.env_file_problem:
        yield fail(review.env_file_problem, "mend the env file: no command runs before that")
    for sentence, names in _group_by_sentence(review.problems).items():
        yield fail(sentence, f"correct {', '.join(map(name_variable, names))}")
    for sentence in review.unknown:
        found, _, advice = sentence.partition(". ")
        yield warn(found, advice or f"correct or unset {found.split()[0]}")
    for source in ("argument", "environment", "env file"):
        given = [review.describe(name) for name, where in review.sources.items() if where == source]
        if given:
            yield ok(f"{source}: {', '.join(given)}")
    left = len(Settings.model_fields) - len(review.sources) - len(review.problems)
    yield ok(f"default: the other {left}")
    if not review.problems.keys() & {"privacy", "hash_key"}:
        PrivacyPolicy.from_settings(review.settings)
    if "calendar" not in review.problems:
        read_calendar(review.settings.calendar)


def _group_by_sentence(problems: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the settings that each sentence is about: one may be about all of an account."""
    names: dict[str, list[str]] = {}
    for name, sentence in problems.items():
        names.setdefault(sentence, []).append(name)
    return names
