"""The actions: everything known about each write to Huggy, but how a version of the API spells it.

Each module below this folder that defines an `Action` is found: to add an action, add a file, and a builder of its
request for each version of the API in `api/writes/`.

messages/   what adds something to a chat
chats/      what changes a chat
contacts/   what changes a contact
request     any other method and path
"""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from huggy_connector.catalogue.actions.types import Action
from huggy_connector.errors import ConfigurationError


def _find_actions() -> Iterator[Action]:
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        if not module.ispkg:
            yield from (value for value in vars(import_module(module.name)).values() if isinstance(value, Action))


ACTIONS: dict[str, Action] = {action.name: action for action in sorted(_find_actions(), key=lambda each: each.name)}
"""The actions by name."""


def get_action(name: str) -> Action:
    """Return the action of a name. Raises ConfigurationError that lists all names."""
    if name not in ACTIONS:
        raise ConfigurationError(f"There is no action called {name!r}: choose from {', '.join(ACTIONS)}.")
    return ACTIONS[name]


__all__ = ["ACTIONS", "Action", "get_action"]
