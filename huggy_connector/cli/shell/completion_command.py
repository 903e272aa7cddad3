"""The command `huggy completion`. Click completes words; this prints its script for a shell, and how to install it."""

import os
from pathlib import PurePath

import click
from click.shell_completion import BashComplete, FishComplete, ZshComplete

from huggy_connector.cli.output import say
from huggy_connector.errors import ConfigurationError

SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
INSTALLATION = {
    "bash": "echo 'eval \"$(huggy completion bash)\"' >> ~/.bashrc",
    "zsh": "echo 'eval \"$(huggy completion zsh)\"' >> ~/.zshrc",
    "fish": "mkdir -p ~/.config/fish/completions && huggy completion fish > ~/.config/fish/completions/huggy.fish",
}
"""The command that installs the script of each shell."""
COMPLETE_VARIABLE = "_HUGGY_COMPLETE"
"""The variable with which the script asks `huggy` for words. Its name is Click's."""


@click.command()
@click.argument("shell", required=False, type=click.Choice([*SHELLS]), metavar="[bash|zsh|fish]")
@click.pass_context
def completion(ctx: click.Context, *, shell: str | None) -> None:
    """Print the script that lets a shell complete `huggy`. Its last line says how to install it.

    Without a name it is the script for your own shell ($SHELL).

    \b
    Examples: huggy completion bash
              eval "$(huggy completion zsh)"
    """
    shell = shell or _read_own_shell()
    script = SHELLS[shell](ctx.find_root().command, {}, "huggy", COMPLETE_VARIABLE).source()
    say(*script.splitlines(), f"# To install it, once, and then open a new shell: {INSTALLATION[shell]}")


def _read_own_shell() -> str:
    name = PurePath(os.environ.get("SHELL", "")).name
    if name not in SHELLS:
        raise ConfigurationError("Which shell completes, SHELL does not say: name it, as in `huggy completion bash`.")
    return name
