"""Writes what docs say of settings, commands, actions and privacy rules from the code: `python -m scripts.reference`.

Each part stands between two comments of its page, `<!-- begin: NAME -->` and `<!-- end: NAME -->`. The rest of a page
is written by hand. In Portuguese, what a setting means is written by hand too, in its row, and stays.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from huggy_connector.airflow.provider_info import get_provider_info
from huggy_connector.api.writes import v2
from huggy_connector.catalogue.actions import ACTIONS, Action
from huggy_connector.catalogue.actions.types import ActionField, Effect, FieldKind, Target
from huggy_connector.catalogue.types import Text
from huggy_connector.cli.app import huggy
from huggy_connector.cli.shell import LazyCommand
from huggy_connector.privacy import rules
from huggy_connector.settings import SECRETS, Settings

DOCS = Path(__file__).parents[1] / "docs"
CORE_FIELDS = {"base_url": "host", "access_token": "password", "client_id": "login"}
"""The settings that have a field of their own in a connection of Airflow."""
OF_OTHER_CONNECTIONS = {"landing_access": "landing_conn_id", "warehouse": "warehouse_conn_id"}
"""The settings that may come from another connection, whose id the extra names."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words around what comes from the code, in one language."""

    settings: tuple[str, ...]
    options: tuple[str, ...]
    shared: str
    default: str


WORDS = {
    "en": Words(
        ("Environment", "Option", "Connection", "Default", "Meaning"),
        ("Option", "Means"),
        "Settings as options",
        "default",
    ),
    "pt-BR": Words(
        ("Ambiente", "Opção", "Conexão", "Padrão", "Significado"),
        ("Opção", "Significado, em inglês"),
        "Configurações como opções",
        "padrão",
    ),
}
NOT_TRANSLATED = "**to be translated**"
"""What a row says where nobody has written the meaning of its setting in Portuguese. A test finds it."""


def main() -> None:
    for path, render in PAGES.items():
        (DOCS / path).write_text(render((DOCS / path).read_text(encoding="utf-8")), encoding="utf-8")
        print(f"docs/{path} is written.")


def replace_part(page: str, name: str, lines: Iterable[str]) -> str:
    """Return the page with other lines in its part of this name."""
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    before, begins, rest = page.partition(begin)
    _, ends, after = rest.partition(end)
    if not begins or not ends:
        raise ValueError(f"the page has no part {name}: it needs {begin} and {end}")
    return "\n".join([f"{before}{begin}", "", *lines, "", f"{end}{after}"])


def render_settings(page: str, language: str) -> str:
    """Return the page of settings with the table of `Settings`."""
    written = dict(re.findall(r"^\| `HUGGY_([A-Z_]+)` \|.*\| ([^|]+) \|$", page, re.MULTILINE))
    flags = _find_setting_flags()
    lines = [*_begin_table(WORDS[language].settings)]
    for name, field in Settings.model_fields.items():
        default = f"{field.default:g}" if isinstance(field.default, float) else str(field.default or "")
        meaning = field.description or ""
        if language != "en":
            meaning = written.get(name.upper(), NOT_TRANSLATED)
        places = [f"`HUGGY_{name.upper()}`", _quote(flags.get(name)), _name_in_connection(name)]
        cells = [*places, _quote(default), _quote_addresses(meaning)]
        lines.append(_write_row(cells))
    return replace_part(page, "settings", lines)


def _begin_table(titles: Sequence[str]) -> tuple[str, str]:
    return _write_row(titles), "|".join(["", *["---"] * len(titles), ""])


def _write_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _quote(text: str | None) -> str:
    return f"`{text}`" if text else ""


def _quote_addresses(text: str) -> str:
    """Return a text with its addresses as code; what is code already stays."""
    parts = text.split("`")
    parts[::2] = [re.sub(r"\b[a-z0-9]+://(?:[\w/]+|\.\.\.)?", r"`\g<0>`", part) for part in parts[::2]]
    return "`".join(parts)


def _find_setting_flags() -> dict[str, str]:
    """Return the option of each setting that any command takes as one."""
    options = (each for _, command in list_commands() for each in command.params if _is_setting(each))
    return {str(each.name): each.opts[0] for each in options}


def _is_setting(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and f"[env: HUGGY_{str(parameter.name).upper()}]" in (
        parameter.help or ""
    )


def _name_in_connection(name: str) -> str:
    if name in CORE_FIELDS:
        return CORE_FIELDS[name]
    fields = get_provider_info()["connection-types"][0]["conn-fields"]
    spellings = [each for each in (name, f"secret_{name}") if each in fields]
    if not spellings:
        is_shown = name in SECRETS and not re.search("secret|token|password", name)
        spellings = [f"secret_{name}" if is_shown else name]
    if name in OF_OTHER_CONNECTIONS:
        spellings.append(OF_OTHER_CONNECTIONS[name])
    return f"extra {', '.join(map(_quote, spellings))}"


def list_commands() -> list[tuple[str, click.Command]]:
    """Return every command with its whole name, in the order of `huggy --help`. A group is its commands."""

    def walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        if isinstance(command, LazyCommand):  # it has no options: the command that it leads to has
            command = command.load()
        if not isinstance(command, click.Group):
            yield name, command
            return
        context = click.Context(command, info_name=name)
        for each in command.list_commands(context):
            if (found := command.get_command(context, each)) is not None and not found.hidden:
                yield from walk(f"{name} {each}", found)

    return list(walk("huggy", huggy))


def render_commands(page: str, language: str) -> str:
    """Return the page of commands with each command's usage, words and options."""
    sections = ["\n".join(_describe_command(name, command, language)).strip() for name, command in list_commands()]
    return replace_part(page, "commands", ["\n\n".join(sections)])


def _describe_command(name: str, command: click.Command, language: str) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    yield from (f"### {name}", "", "```text", " ".join([name, *command.collect_usage_pieces(context)]), "```", "")
    yield from _format_help(inspect.cleandoc(command.help or ""))
    words = WORDS[language]
    own = [each for each in command.params if isinstance(each, click.Option) and not _is_setting(each)]
    if own:
        yield from _begin_table(words.options)
        for each in own:
            yield _write_row([_name_option(each, context), _describe_option(each, words.default)])
        yield ""
    if shared := [f"`{each.opts[0]}`" for each in command.params if _is_setting(each)]:
        yield f"[{words.shared}](settings.md): {', '.join(shared)}."


def _format_help(text: str) -> Iterator[str]:
    """Yield a docstring of a command as Markdown. What click must not wrap is a block of its own."""
    for paragraph in re.split(r"\n{2,}", text.strip()):
        if paragraph.startswith("\b"):
            yield from ("```text", *paragraph.removeprefix("\b").strip("\n").splitlines(), "```", "")
        else:
            yield from (_escape(line.strip()) for line in paragraph.splitlines())
            yield ""


def _name_option(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    spelling = record[0] if record else " / ".join([*option.opts, *option.secondary_opts])
    return f"`{spelling}`".replace("|", r"\|")


def _describe_option(option: click.Option, default_word: str) -> str:
    words = _escape(" ".join((option.help or "").split()))
    default = option.to_info_dict().get("default")
    if (
        not option.required
        and default not in (None, False, "", (), [])
        and option.show_default
        and not callable(default)
    ):
        words += f" ({default_word}: `{default}`)"
    return words


def _escape(text: str) -> str:
    """Return plain text as Markdown: what would be a tag, a cell or a mark is a character."""
    parts = text.split("`")
    return "`".join(re.sub(r"([<*_|\[])", r"\\\1", part) if index % 2 == 0 else part.replace("|", r"\|")
                    for index, part in enumerate(parts))  # fmt: skip


def render_privacy(page: str) -> str:
    """Return the page with the fields of each action in its table of default rules."""
    fields: dict[str, list[str]] = {}
    for rule in rules.DEFAULT.split(","):
        name, _, action = rule.strip().partition("=")
        fields.setdefault(action, []).append(f"`{name}`")

    def rewrite(match: re.Match[str]) -> str:
        return f"| `{match[1]}` | {' '.join(fields.get(match[1], []))} | {match[2]} |"

    return re.sub(r"^\| `(drop|mask|hmac|keep)` \| [^|]*\| ([^|]+) \|$", rewrite, page, flags=re.MULTILINE)


TARGETS = {
    Target.CHAT: Text("a chat", "um atendimento"),
    Target.CONTACT: Text("a contact", "um contato"),
    Target.CHAT_OR_CONTACT: Text("a chat or a contact", "um atendimento ou um contato"),
    Target.NEW_CONTACT: Text("a new contact", "um novo contato"),
    Target.ADDRESS: Text("any path", "qualquer caminho"),
}
EFFECTS = {
    Effect.MESSAGE: Text("message", "mensagem"),
    Effect.STATE: Text("state", "estado"),
    Effect.CREATE: Text("new record", "novo registro"),
    Effect.DELETE: Text("deletion", "exclusão"),
    Effect.OTHER: Text("anything", "qualquer coisa"),
}
KINDS = {
    FieldKind.ID: Text("id", "id"),
    FieldKind.TEXT: Text("text", "texto"),
    FieldKind.BOOLEAN: Text("yes or no", "sim ou não"),
    FieldKind.JSON: Text("JSON", "JSON"),
}
YES, NO = Text("yes", "sim"), Text("no", "não")
ACTION_TITLES = Text(
    "Action|Done to|Kind|Reaches a customer|In v2|Risk", "Ação|Feita a|Tipo|Chega a um cliente|Na v2|Risco"
)
FIELD_TITLES = Text("Field|Is|Needed|In v2|Meaning", "Campo|É|Obrigatório|Na v2|Significado")


def render_actions(page: str, language: str) -> str:
    """Return the page with a row an action, and each action's fields."""
    table = [*_begin_table(_say(ACTION_TITLES, language).split("|"))]
    table += [_write_row([*_describe_action(action, language)]) for action in ACTIONS.values()]
    sections = [line for action in ACTIONS.values() for line in _describe_fields(action, language)]
    return replace_part(replace_part(page, "actions", table), "fields", sections[:-1])


def _say(text: Text, language: str) -> str:
    return text.en if language == "en" else text.pt


def _describe_action(action: Action, language: str) -> Iterator[str]:
    yield f"`{action.name}`"
    yield _say(TARGETS[action.target], language)
    yield _say(EFFECTS[action.effect], language)
    reaches = _say(YES if action.reaches_person else NO, language)
    but = action.hidden_by if action.reaches_person else action.reached_by
    yield f"{reaches}; {_say(NO if action.reaches_person else YES, language)}: `{but}`" if but else reaches
    yield _say(NO if v2.list_fields(action) is None else YES, language)
    yield _escape(_say(action.risk, language))


def _describe_fields(action: Action, language: str) -> Iterator[str]:
    yield from (f"### `{action.name}`", "", _escape(_say(action.comment, language)), "")
    if action.fields:
        yield from _begin_table(_say(FIELD_TITLES, language).split("|"))
        in_v2 = v2.list_fields(action) or ()
        yield from (
            _write_row([*_describe_field(field, language, has_v2=field.name in in_v2)]) for field in action.fields
        )
        yield ""


def _describe_field(field: ActionField, language: str, *, has_v2: bool) -> Iterator[str]:
    yield f"`{field.name}`" + (f" `{field.prefix}*`" if field.prefix else "")
    yield " ".join(map(_quote, field.choices)) or _say(KINDS[field.kind], language)
    yield _say(YES if field.required else NO, language)
    yield _say(YES if has_v2 else NO, language)
    yield _escape(_say(field.comment, language))


PAGES: dict[str, Callable[[str], str]] = {
    "settings.md": lambda page: render_settings(page, "en"),
    "pt-BR/settings.md": lambda page: render_settings(page, "pt-BR"),
    "commands.md": lambda page: render_commands(page, "en"),
    "pt-BR/commands.md": lambda page: render_commands(page, "pt-BR"),
    "actions.md": lambda page: render_actions(page, "en"),
    "pt-BR/actions.md": lambda page: render_actions(page, "pt-BR"),
    "privacy-defaults.md": render_privacy,
    "pt-BR/privacy-defaults.md": render_privacy,
}
"""The pages that have parts from the code, by their paths in docs, each with what brings it up to date."""


if __name__ == "__main__":
    main()
