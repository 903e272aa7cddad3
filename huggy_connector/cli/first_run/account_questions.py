"""The questions about the account: the token or an app, the address of a v2 token, the company."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from huggy_connector.api.versions.v2 import RENEWAL
from huggy_connector.cli.auth_commands import LOGIN_PORT
from huggy_connector.cli.first_run.checks import Checks
from huggy_connector.cli.first_run.known_settings import ADDRESSES, KnownSettings, read_setting
from huggy_connector.cli.first_run.questions import Questions
from huggy_connector.cli.loopback import redirect_url
from huggy_connector.errors import ConfigurationError, Forbidden, HuggyError, NotFound
from huggy_connector.pipeline import AccountCheck
from huggy_connector.settings import Settings, quote_value
from huggy_connector.settings.version_defaults import defaults_of_version

V2_ADDRESS = defaults_of_version("v2")["base_url"]
APP = "app"
"""The word that chooses an app where a token is proposed."""

_HUGGYS_OWN = {name: str(Settings.model_fields[name].default) for name in ("base_url", "auth_url")}


@dataclass(frozen=True, slots=True)
class AccountAnswer:
    """The account: `values` by the names of settings. `check` is None for an app that has not logged in yet."""

    values: Mapping[str, str] = field(repr=False)
    check: AccountCheck | None
    company_id: str
    """Empty: the token's main company."""
    is_company_asked: bool = False


@dataclass(frozen=True, slots=True)
class AccountQuestions:
    questions: Questions
    checks: Checks
    known: KnownSettings

    def ask(self) -> AccountAnswer:
        """Ask for the token or the app until Huggy accepts it, then for the company."""
        known = self.known.account
        self.questions.begin("1. The account")
        self.questions.tell(
            "Your token, which is not shown. Or press Enter, and an app of yours logs in and renews its token itself."
            if known is None
            else f"Another token, which is not shown. Or {APP}, for an app of yours that logs in."
        )
        shown = APP if known is None else known.label
        answer = self.questions.ask("Token", self._read_login, shown=shown, is_hidden=True)
        if answer.check is None:
            self.questions.begin("2. The company")
            self.questions.tell("`huggy auth login` will tell it.")
            return answer
        return answer if answer.is_company_asked else self._ask_company(answer, answer.check)

    def _read_login(self, answer: str) -> AccountAnswer:
        known = self.known.account
        if not answer and known is not None:
            return self._check(known.values, known.company_id)
        if answer.lower() in {"", APP}:
            return self._check(self._ask_app(), "")
        account = {**self._choose_addresses(), "access_token": answer}
        if _is_v2_token(answer):
            account |= self._ask_v2_address(account)
        return self._check(account, "")

    def _choose_addresses(self) -> dict[str, str]:
        """Return the addresses for a secret that a person has just typed: the shell's, else Huggy's own.

        Those of the env file only if the person agrees: somebody else may have written them.
        """
        shell, file = (
            {name: source[name] for name in ADDRESSES if name in source}
            for source in (self.known.shell, self.known.file)
        )
        if any(name in shell for name in _HUGGYS_OWN):
            return shell
        foreign = [file[name] for name, own in _HUGGYS_OWN.items() if file.get(name, own).rstrip("/") != own]
        if not foreign:
            return {}
        self.questions.tell(
            f"{self.known.file_name} sends secrets to {' and '.join(foreign)}, which is not Huggy's own."
        )
        return file if self.questions.confirm("Is this one for there?", default=False) else {}

    def _ask_app(self) -> dict[str, str]:
        self.questions.tell(
            "In Huggy's panel, under Settings > Seus aplicativos, make an app with the redirect URL "
            f"{redirect_url(LOGIN_PORT)}."
        )
        client_id = self.questions.ask("Client id", _read_word)
        client_secret = self.questions.ask("Client secret (not shown)", _read_word, is_hidden=True)
        return {**self._choose_addresses(), "client_id": client_id, "client_secret": client_secret}

    def _ask_v2_address(self, account: Mapping[str, str]) -> dict[str, str]:
        self.questions.tell("This is a v2 token, from Settings > API.")
        if "base_url" in self.known.shell:  # it takes precedence over the file anyway
            return {"api_version": "v2"}
        proposal = re.sub(r"/v3$", "/v2", account.get("base_url", _HUGGYS_OWN["base_url"]).rstrip("/"))
        address = self.questions.ask(
            "Address of the v2 API",
            lambda text: read_setting("base_url", text, allow_http=account.get("allow_http", "")),
            proposal=proposal,
        )
        return {"base_url": address, "api_version": "v2"}

    def _check(self, account: Mapping[str, str], company_id: str) -> AccountAnswer:
        """Ask Huggy who the token is. Raises HuggyError."""
        self.known.check_beside_shell(account)
        asked = {**account, "timezone": self.known.propose("timezone")}
        if not self.checks.has_token(asked):
            return AccountAnswer(account, None, company_id)
        if account.get("api_version") == "v2":
            return self._check_v2(account, asked, company_id)
        self.questions.tell(f"Asking {account.get('base_url', _HUGGYS_OWN['base_url'])} who it is.")
        check = self._check_patiently(asked)
        return AccountAnswer(account, _tell_owner(self.questions, check), company_id)

    def _check_v2(self, account: Mapping[str, str], asked: Mapping[str, str], company_id: str) -> AccountAnswer:
        """Ask for the company, and Huggy whether it accepts the token. API v2 does not tell whose it is."""
        self.questions.tell("API v2 does not tell the company of a token.")
        company_id = self.questions.ask("Number of the company", _read_company, proposal=company_id)
        self.questions.tell(f"Asking {account.get('base_url', V2_ADDRESS)} whether it accepts the token.")
        check = self._check_patiently({**asked, "company_id": company_id})
        self.questions.tell(f"The token is accepted. Everything is kept under company {company_id}.")
        self.questions.tell(f"It does not say when it ends: {RENEWAL}.")
        return AccountAnswer(account, check, company_id, is_company_asked=True)

    def _check_patiently(self, account: Mapping[str, str]) -> AccountCheck:
        """Ask Huggy, and again as often as a person wants where the network is to blame, and not the answer."""
        while True:
            try:
                return self.checks.check_account(account)
            except HuggyError as error:
                if not error.transient or not self.questions.has_person:
                    raise
                self.questions.tell(str(error))
                if not self.questions.confirm("Try the same once more?", default=True):
                    raise ConfigurationError("Then give another token.") from None

    def _ask_company(self, answer: AccountAnswer, check: AccountCheck) -> AccountAnswer:
        main = str(check.main_company_id)

        def read(text: str) -> AccountAnswer:
            company_id = _read_company(text)
            if company_id == main:
                return AccountAnswer(answer.values, check, main if answer.company_id == main else "")
            asked = {**answer.values, "timezone": check.timezone, "company_id": company_id}
            try:
                return AccountAnswer(answer.values, self.checks.check_account(asked), company_id)
            except (Forbidden, NotFound):
                raise ConfigurationError(
                    f"The token does not reach company {company_id}: give another number."
                ) from None

        self.questions.begin("2. The company")
        self.questions.tell("Give another number only if your token reaches several.")
        return self.questions.ask("Company", read, proposal=answer.company_id or main)


def _tell_owner(questions: Questions, check: AccountCheck) -> AccountCheck:
    end = "" if check.token_expires_at is None else f" The token ends on {check.token_expires_at:%Y-%m-%d}."
    questions.tell(f"Connected as {check.agent} (agent {check.agent_id}), company {check.main_company_id}.{end}")
    return check


def _is_v2_token(token: str) -> bool:
    """Say whether it looks like a v2 token: one of v3 has dots."""
    return re.fullmatch(r"[0-9A-Fa-f]{32}", token) is not None


def _read_company(text: str) -> str:
    try:
        return read_setting("company_id", text) or _refuse_company(text)
    except ConfigurationError:
        return _refuse_company(text)


def _refuse_company(text: str) -> str:
    raise ConfigurationError(f"{quote_value(text).strip() or 'Nothing'} is no number of a company, such as 4242.")


def _read_word(text: str) -> str:
    if not text:
        raise ConfigurationError("Nothing was given.")
    if not text.isascii() or " " in text:
        raise ConfigurationError("It holds a space or another character that none has: copy it again.")
    return text
