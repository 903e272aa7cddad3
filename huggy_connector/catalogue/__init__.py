"""The catalogue: everything known about each resource. Code, tables, comments and docs are derived from it.

Each module of this folder that defines a `Resource` is found: to add a resource, add a file.
"""

import pkgutil
from collections.abc import Iterable, Iterator
from importlib import import_module

from huggy_connector.catalogue.events import EVENTS, ItemKind, kind_of
from huggy_connector.catalogue.types import (
    IDS,
    Column,
    Embedded,
    Field,
    ListOf,
    ListOrder,
    Resource,
    Scalar,
    Struct,
    Text,
    Type,
)
from huggy_connector.errors import ConfigurationError


def _find_resources() -> Iterator[Resource]:
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        if not module.ispkg:  # actions, which have a registry of their own
            yield from (value for value in vars(import_module(module.name)).values() if isinstance(value, Resource))


RESOURCES: dict[str, Resource] = {
    resource.name: resource
    for resource in sorted(_find_resources(), key=lambda each: (each.parent is not None, each.name))
}
"""The resources by name, in landing order: parents before their substreams."""


def get_resource(name: str) -> Resource:
    """Return the resource of a name. Raises ConfigurationError that lists all names."""
    if name not in RESOURCES:
        raise ConfigurationError(f"There is no resource called {name!r}: choose from {', '.join(RESOURCES)}.")
    return RESOURCES[name]


def get_list(name: str) -> Resource:
    """Return the resource of a name, which the API must list. Raises ConfigurationError with all such names."""
    listed = [each.name for each in RESOURCES.values() if each.is_listed]
    if name in RESOURCES and name not in listed:
        raise ConfigurationError(
            f"The API has no list of {name}: `huggy serve` receives what the webhook tells, and `huggy live` lands it."
        )
    if name not in listed:
        raise ConfigurationError(f"There is no resource called {name!r}: choose from {', '.join(listed)}.")
    return RESOURCES[name]


def select_resources(names: Iterable[str]) -> tuple[Resource, ...]:
    """Return the named resources in landing order, each once; without names, all default ones.

    Raises as `get_list`.
    """
    wanted = {get_list(name).name for name in names}
    return tuple(each for each in RESOURCES.values() if each.name in wanted or (not wanted and each.default))


def windowed_resources() -> tuple[Resource, ...]:
    """Return the resources that the mode window can read: those in order of time, and their substreams."""
    return tuple(each for each in RESOURCES.values() if each.is_ordered or each.parent is not None)


def list_references(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield each column that holds ids of another resource, with the name of that resource.

    A substream has none: its rows come in the list of their parent, whose id was asked for.
    """
    if resource.parent is None:
        yield from ((each.name, each.references) for each in resource.columns if each.references in RESOURCES)


__all__ = [
    "EVENTS",
    "IDS",
    "RESOURCES",
    "Column",
    "Embedded",
    "Field",
    "ItemKind",
    "ListOf",
    "ListOrder",
    "Resource",
    "Scalar",
    "Struct",
    "Text",
    "Type",
    "get_list",
    "get_resource",
    "kind_of",
    "list_references",
    "select_resources",
    "windowed_resources",
]
