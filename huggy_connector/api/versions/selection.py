"""Which resources a run reads of a version of the API. Pure."""

from collections.abc import Callable, Iterable

from huggy_connector.api.versions.types import ApiVersion
from huggy_connector.api.versions.v2 import V2
from huggy_connector.api.versions.v3 import V3
from huggy_connector.catalogue import Resource, get_list, get_resource, select_resources
from huggy_connector.errors import ConfigurationError

VERSIONS = {version.name: version for version in (V3, V2)}


def get_version(name: str) -> ApiVersion:
    """Return the version of a name that the settings have accepted."""
    return VERSIONS[name]


def require_resource(version: str, name: str) -> Resource:
    """Return the resource of a name as the version has it. Raises ConfigurationError if there is none."""
    return get_version(version).adapt(get_list(name))


def refuse_unknown_events(version: str, *, show_events: bool) -> None:
    """Raise ConfigurationError if internal events are asked for, and the version is not known to give them."""
    if show_events and not get_version(version).has_events:
        raise ConfigurationError(f"API {version} is not known to give internal events: leave show_events out.")


def select_of_version(
    version: str,
    names: Iterable[str] = (),
    *,
    messages: bool = False,
    feedback: bool = False,
    note: Callable[[str], None] = lambda _: None,
) -> tuple[Resource, ...]:
    """Return the named resources as the version has them, in landing order; without names, all default ones of it.
    `messages` adds the messages of chats, and `feedback` their ratings, whatever is named.

    Those of the default ones that it lacks are left out, and `note` gets one sentence. Raises ConfigurationError for a
    named one that it lacks.
    """
    named, chosen = tuple(names), get_version(version)
    selected = select_resources(named)
    lacking = [] if named else [each for each in selected if not chosen.has(each)]
    if lacking:
        note(f"API {version} has no list of {' and '.join(each.name for each in lacking)}: left out.")
    added = [get_resource(name) for name, wanted in (("feedbacks", feedback), ("messages", messages)) if wanted]
    return tuple(chosen.adapt(each) for each in dict.fromkeys((*selected, *added)) if each not in lacking)
