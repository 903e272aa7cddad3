"""What somebody asks for: an action, a campaign's name, and the rows: of a query, an id, or given. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from huggy_connector.actions.row_reader import Question, check_campaign
from huggy_connector.catalogue.actions import get_action
from huggy_connector.catalogue.actions.types import TARGET_COLUMNS, Target
from huggy_connector.errors import ConfigurationError

DEFAULT_MOST_ROWS: Final = 100
"""Rows of a call that does not say how many it expects."""
_SETTING: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_. -]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRequest:
    """One call. `query`, `row_id` or `rows` say which rows; `shared` has the values that are the same for all."""

    action: str
    campaign: str
    query: str | None = None
    row_id: int | None = None
    rows: Sequence[Mapping[str, Any]] | None = field(default=None, repr=False)
    shared: Mapping[str, str] = field(default_factory=dict, repr=False)
    most_rows: int = DEFAULT_MOST_ROWS
    asked_by: str = ""
    """Who asked, for the records: a user, or a DAG with its run."""

    @property
    def name(self) -> str:
        """The campaign's name as the ledger has it."""
        return self.campaign.strip()

    def check(self) -> Question:
        """Return what it is about. Raise ConfigurationError for a call that cannot be meant."""
        if [self.query is not None, self.row_id is not None, self.rows is not None].count(True) != 1:
            raise ConfigurationError("Give either --query with one SELECT, or --id with the id of one chat or contact.")
        action = get_action(self.action)
        if self.row_id is not None and action.target in {Target.NEW_CONTACT, Target.ADDRESS}:
            names = " or ".join(TARGET_COLUMNS[action.target])
            raise ConfigurationError(f"{action.name} takes no --id: its target is {names}. Give it with --query.")
        if self.most_rows < 1:
            raise ConfigurationError("--max-rows takes a number above 0.")
        return Question(action, check_campaign(self.campaign), dict(self.shared))

    @property
    def asked(self) -> str:
        """A digest of what the campaign does: another one may not go by the same name.

        Rows that are given, and single ids, may differ from call to call: they are added, as new rows of a query are.
        """
        source = "rows" if self.query is None else f"query {' '.join(self.query.split())}"
        text = json.dumps([self.action, source, sorted(self.shared.items())], ensure_ascii=False)
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def parse_shared(texts: Sequence[str]) -> dict[str, str]:
    """Return the values of `--set KEY=VALUE`. Raise ConfigurationError; it quotes no value."""
    shared: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        name = name.strip()
        if not sign or not _SETTING.fullmatch(name):
            raise ConfigurationError("--set takes KEY=VALUE, such as --set text=Hello.")
        if name in shared:
            raise ConfigurationError(f"--set gives {name} twice: leave one of them out.")
        shared[name] = value
    return shared
