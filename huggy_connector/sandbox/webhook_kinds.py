"""The events of a sandbox's webhook, what may go wrong with it, and how the shares are written."""

from __future__ import annotations

from collections.abc import Mapping

from huggy_connector.sandbox.fault_kinds import read_shares

EVENTS = (
    *("receivedAllMessage", "receivedMessage", "sentAllMessage", "startedChat", "agentEntered", "leftQueue"),
    *("updatedWorkflowStep", "updatedChatDepartment", "closedChat", "createdCustomer", "updatedCustomer"),
    *("startedWidgetAttendance", "startedAutomationFlow", "finishedAutomationFlow"),
)
"""The events that the account's moves make."""

DISORDERS: dict[str, str] = {
    "together": "the events of one chain come in one envelope, also those nobody subscribed to",
    "bundle": "the envelope waits for the next ones and goes with them: 4 keys, 5 items each at most",
    "late": "it comes up to webhook_late_seconds late",
    "overtaken": "it comes after those that follow it, within two seconds",
    "twice": "it comes twice, byte by byte",
    "again": "its items come a second time, in another envelope",
    "form": "its items come a second time, as a form",
    "never": "it never comes",
    "moved": "the chat has moved on before it comes",
    "old": "its events have their former names",
    "type": "it says that it is text or a form, not JSON",
    "unknown": "one more key comes, of an event that no documentation has",
    "big": "an envelope of 300 KB comes too",
    "token": "in the mode app it has no token; in the mode panel a forged one without comes too",
    "wrong": "a forged one with a wrong token comes too",
    "foreign": "one of another company comes too",
    "json": "a body of invalid JSON comes too",
    "empty": "an empty body comes too",
}

EVERY = "all"
"""The word that stands for every kind."""


def parse_disorders(text: str) -> dict[str, float]:
    """Return `all=0.05,never=0` as a mapping: what stands later counts. Raise ValueError for any other form."""
    shares: dict[str, float] = {}
    for kind, share in read_shares(text, subject="disorders", example="twice=0.1,late=0.05"):
        shares |= dict.fromkeys(DISORDERS, share) if kind == EVERY else {kind: share}
    check_disorders(shares)
    return shares


def check_disorders(shares: Mapping[str, float]) -> None:
    """Raise ValueError for an unknown kind and a share outside 0 to 1. One envelope may meet several of them."""
    for kind, share in shares.items():
        if kind not in DISORDERS:
            raise ValueError(f"there is no disorder {kind!r}; there are {EVERY}, {', '.join(DISORDERS)}.")
        if not 0 <= share <= 1:
            raise ValueError(f"the share of disorder {kind!r} is {share}, it must lie between 0 and 1.")
