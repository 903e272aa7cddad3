"""Says of each setting where it comes from and what is wrong with it, where `Settings.resolve` stops at the first."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pydantic import SecretStr

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import SECRETS, Settings, name_variable
from huggy_connector.settings.account import ACCOUNT
from huggy_connector.settings.env_file import ENVIRONMENT_ONLY, EnvFile
from huggy_connector.settings.env_text import PREFIX, suggest_name
from huggy_connector.settings.places import find_passwords
from huggy_connector.settings.texts import normalize_value


@dataclass(frozen=True, slots=True)
class SettingsReview:
    """The settings that are right, and what there is to say about all of them.

    `sources` says where a setting was given: "argument", "environment" or "env file". One that is not there has its
    default. `problems` has a sentence for each setting that cannot be used: `settings` has its default in its place, so
    nothing that depends on it may be done. `env_file_problem` says why the env file was not read. `unknown` are
    sentences about variables that begin as ours do and are no settings, and about lines of the env file.
    """

    settings: Settings
    sources: Mapping[str, str]
    problems: Mapping[str, str]
    unknown: tuple[str, ...]
    hidden: tuple[str, ...] = field(repr=False)
    """Every secret text that was given, right or wrong, for whoever masks them."""
    env_file_problem: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the review of settings that are known to be right."""
        sources = dict.fromkeys(settings.model_fields_set, "argument")
        return cls(settings, sources, {}, (), settings.secrets)

    @classmethod
    def read(
        cls,
        *,
        explicit: Mapping[str, Any],
        environ: Mapping[str, str],
        read_env_file: Callable[[Mapping[str, str]], EnvFile | None] = Settings.read_env_file,
    ) -> Self:
        """Return the review of a command line, its shell and its env file.

        It never raises for what somebody wrote there.
        """
        env_file, env_file_problem = None, ""
        try:
            env_file = read_env_file(environ)
        except ConfigurationError as error:
            env_file_problem = str(error)
        given = _Given(explicit, {name: environ.get(name_variable(name)) for name in Settings.model_fields}, env_file)
        sources, problems = dict[str, str](), dict[str, str]()
        for name in Settings.model_fields:  # allow_http is the first: the addresses are checked by it
            try:
                alone = given.resolve({"allow_http"} - problems.keys() | {name})
            except ConfigurationError as error:
                problems[name] = str(error)
            else:
                if name in alone.model_fields_set:
                    sources[name] = given.find_source(name)
        right = Settings.model_fields.keys() - problems.keys()
        try:
            settings = given.resolve(right)
        except ConfigurationError as error:  # an address of one source and a secret of another
            wrong = [name for name in ACCOUNT if sources.pop(name, None)]
            problems |= dict.fromkeys(wrong, str(error))
            settings = given.resolve(right - {*ACCOUNT})
        unknown = (*_find_unknown(environ), *(env_file.warnings if env_file else ()))
        hidden = (*settings.secrets, *given.list_secrets())
        return cls(settings, sources, problems, unknown, hidden, env_file_problem)

    def describe(self, name: str) -> str:
        """Return a setting and its value as a person may see it: of a secret only that it is set."""
        shown = dict(self.settings.__repr_args__())[name]
        return f"{name} (set)" if isinstance(shown, SecretStr) else f"{name}={_join(shown)}"


@dataclass(frozen=True, slots=True)
class _Given:
    """What was given: by arguments, by the environment as settings, and by the env file."""

    explicit: Mapping[str, Any]
    texts: Mapping[str, str | None]
    env_file: EnvFile | None

    def resolve(self, names: Collection[str]) -> Settings:
        """Return the settings from what was given for these names. Raises ConfigurationError."""
        variables = {name_variable(name) for name in names}
        env_file = self.env_file
        if env_file is not None:
            env_file = EnvFile(
                env_file.name, {name: env_file.values[name] for name in env_file.values.keys() & variables}
            )
        return Settings.resolve(
            explicit={name: value for name, value in self.explicit.items() if name in names},
            environ={
                name_variable(name): text for name, text in self.texts.items() if name in names and text is not None
            },
            env_file=env_file,
        )

    def find_source(self, name: str) -> str:
        """Return the strongest source that gives this setting."""
        if normalize_value(self.explicit.get(name)) is not None:
            return "argument"
        return "env file" if normalize_value(self.texts.get(name)) is None else "environment"

    def list_secrets(self) -> list[str]:
        """Return each secret text, used or not."""
        values: list[tuple[str, Any]] = [*self.explicit.items(), *self.texts.items()]
        if self.env_file is not None:
            values += [(name.removeprefix(PREFIX).lower(), text) for name, text in self.env_file.values.items()]
        secrets = [str(value) for name, value in values if value and name in SECRETS]
        return secrets + [password for _, value in values if value for password in find_passwords(value)]


def _find_unknown(environ: Mapping[str, str]) -> list[str]:
    known = [*map(name_variable, Settings.model_fields)]
    unknown = sorted(name for name in environ if name.startswith(PREFIX) and name not in (*known, *ENVIRONMENT_ONLY))
    meant = {name: suggest_name(name, known) for name in unknown}
    return [f"{name} is no setting{f' (did you mean {near}?)' if near else ''}" for name, near in meant.items()]


def _join(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
