"""What comes besides the envelopes: bodies that are no envelope, forged ones, and a large one that is right."""

from __future__ import annotations

from huggy_connector.sandbox.webhook.record import Record, Told
from huggy_connector.sandbox.webhook.requests import Request, create_request, write_envelope

STRAYS = ("big", "token", "wrong", "foreign", "json", "empty")

_BIG_BYTES = 300_000
_FIRST_FORGED_ID = 990_000_001
_WRONG_TOKEN = "f" * 32


class StrayWriter:
    """A writer of such requests. Each item has a number of its own, so that none is a duplicate."""

    def __init__(self, record: Record, *, company: int) -> None:
        self._record = record
        self._company = company
        self._number = 0

    def write(self, kind: str, *, time: int, moment: int, token: str) -> Request:
        """Return the request of a kind."""
        self._number += 1
        match kind:
            case "json":
                return Request(kind, f'{{"time":{time},"token":"{token}","messages":{{"startedChat":[{{"id":'.encode())
            case "empty":
                return Request(kind, b"")
            case "big":
                told = [self._tell_big(moment)]
                return create_request(kind, told, write_envelope(told, time=time, token=token))
            case _:
                told = [self._forge(moment, company=self._company + (1 if kind == "foreign" else 0))]
                shown = {"token": "", "wrong": _WRONG_TOKEN}.get(kind, token)
                return create_request(kind, told, write_envelope(told, time=time, token=shown))

    def _tell_big(self, moment: int) -> Told:
        item = {"number": self._number, "text": "ç" * (_BIG_BYTES // 2), "company": {"id": self._company}}
        return self._record.add("importedCatalogue", item, moment=moment)

    def _forge(self, moment: int, *, company: int) -> Told:
        item = {"id": _FIRST_FORGED_ID + self._number, "name": "Ninguém", "company": {"id": company}}
        return self._record.add("updatedCustomer", item, moment=moment, is_genuine=False)
