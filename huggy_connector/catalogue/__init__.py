"""What is known of each resource. Code, tables, comments and docs derive from here.

Every module of this folder that defines a `Resource` is found: adding a resource is adding a file.
"""

import pkgutil
from collections.abc import Iterable, Iterator
from importlib import import_module

from huggy_connector.catalogue.types import (
    IDS,
    Column,
    Embedded,
    Field,
    ListOf,
    Order,
    Resource,
    Scalar,
    Struct,
    Text,
    Type,
)
from huggy_connector.errors import ConfigurationError


def _found() -> Iterator[Resource]:
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        yield from (value for value in vars(import_module(module.name)).values() if isinstance(value, Resource))


RESOURCES: dict[str, Resource] = {
    resource.name: resource for resource in sorted(_found(), key=lambda each: (each.parent is not None, each.name))
}
"""By name, in landing order: parents before their children."""


def resource_named(name: str) -> Resource:
    """The resource, or ConfigurationError naming those there are."""
    if name not in RESOURCES:
        raise ConfigurationError(f"There is no resource called {name!r}: choose from {', '.join(RESOURCES)}.")
    return RESOURCES[name]


def resources_named(names: Iterable[str]) -> tuple[Resource, ...]:
    """The resources in landing order, each once; all default ones where no name is given."""
    wanted = {resource_named(name).name for name in names}
    return tuple(each for each in RESOURCES.values() if each.name in wanted or (not wanted and each.default))


__all__ = [
    "IDS",
    "RESOURCES",
    "Column",
    "Embedded",
    "Field",
    "ListOf",
    "Order",
    "Resource",
    "Scalar",
    "Struct",
    "Text",
    "Type",
    "resource_named",
    "resources_named",
]
