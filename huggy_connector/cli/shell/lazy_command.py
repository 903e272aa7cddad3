"""Commands that are imported when they are called, so that `huggy --help` and completion answer at once."""

from importlib import import_module
from typing import Any

import click


class LazyCommand(click.Command):
    """The place of a command, and the sentence that a list of commands shows of it.

    `path` is `package.module:attribute`, and the attribute is the command's name. `summary` is the first sentence of
    the command's own help; a test holds the two equal. Whatever needs more than that gets the command itself.
    """

    def __init__(self, path: str, summary: str) -> None:
        self._module, _, attribute = path.partition(":")
        super().__init__(attribute, help=summary)

    def load(self) -> click.Command:
        """Import the command, and return it."""
        command: click.Command = getattr(import_module(self._module), self.name or "")
        return command

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return the context of the command itself. Click invokes, completes and explains what a context names."""
        return self.load().make_context(info_name, args, parent, **extra)

    def to_info_dict(self, ctx: click.Context) -> dict[str, Any]:
        return self.load().to_info_dict(ctx)
