"""What only a test can ask: the endpoints under /sandbox. Neither limited nor authenticated nor counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from huggy_connector.sandbox.faults import Answer, check_shares, json_answer
from huggy_connector.sandbox.movement import RATES
from huggy_connector.sandbox.options import RESOURCES, names_in
from huggy_connector.sandbox.truth import rows_of, truth_of

if TYPE_CHECKING:
    from huggy_connector.sandbox.server import Server

Json = dict[str, Any]

_DONE = {"add": "added", "remove": "removed", "change": "changed", "close": "closed", "jump": "jumped"}


class Control:
    """Looks into a server and moves its levers. What cannot be done is a `ValueError` of one sentence."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._levers: dict[str, Callable[[Any], None]] = {
            "faults": self._set_faults,
            "next_faults": self._queue_faults,
            "fail_page": self._set_fail_page,
            "limit": self._set_limit,
            "latency_ms": lambda value: setattr(server, "latency_ms", _number("latency_ms", value)),
            "latency_spread_ms": lambda value: setattr(
                server, "latency_spread_ms", _number("latency_spread_ms", value)
            ),
            "revoke_tokens": lambda on: server.tokens.end_all(expired=False) if on else None,
            "expire_tokens": lambda on: server.tokens.end_all(expired=True) if on else None,
            "revoke_refresh": lambda on: server.tokens.refresh_tokens.clear() if on else None,
            "reset_stats": lambda on: self._reset_stats() if on else None,
            "mark": lambda on: self.mark() if on else None,
            "empty": self._empty,
            "clock_minutes": lambda minutes: server.account.set_clock(float(minutes)),
        }

    def answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        """The answer of `/sandbox/stats`, `wait`, `truth`, `mark` and `control`.

        `wait?requests=100` is answered as `stats` is, once 100 requests have arrived since the start.
        """
        try:
            match method, path.rstrip("/"):
                case "GET", "/sandbox/stats" | "/sandbox/wait":
                    return json_answer(
                        200, self.stats(arrivals=query.get("arrivals") == "1", pages=query.get("pages") == "1")
                    )
                case "GET", "/sandbox/truth":
                    ids = query["id"].split(",") if query.get("id") else None
                    rows = query.get("rows") == "1"
                    return json_answer(200, self.truth(query.get("resource", "chats"), rows=rows, ids=ids))
                case "POST", "/sandbox/mark":
                    self.mark()
                    return json_answer(200, {})
                case "POST", "/sandbox/control":
                    return json_answer(200, self.control(json.loads(body or b"{}")))
                case _:
                    return json_answer(404, {"reason": "The sandbox has stats, wait, truth, mark and control."})
        except ValueError as error:
            return json_answer(400, {"reason": str(error)})

    def stats(self, *, arrivals: bool = False, pages: bool = False) -> Json:
        """Everything counted since the start or the last `reset_stats`; times are seconds since the start.

        `refused_429` are those over the limit; a storm's 429 are in `by_status` and `faults`.
        """
        server = self._server
        record = server.arrivals
        accepted = sum(record.accepted)
        stats: Json = {
            "requests": len(record.times),
            "accepted": accepted,
            "refused_429": len(record.times) - accepted,
            "most_in_any_second": record.most_in_any_second(),
            "most_accepted_in_any_second": record.most_accepted_in_any_second(),
            "first_arrival": record.times[0] if record.times else None,
            "last_arrival": record.times[-1] if record.times else None,
            "elapsed": server.elapsed(),
            "by_path": dict(server.by_path),
            "by_status": {str(status): count for status, count in sorted(server.by_status.items())},
            "faults": dict(server.faults.counts),
            "refreshes": server.oauth.refreshes,
            "failed_refreshes": server.oauth.failed_refreshes,
            "connections": server.connections,
        }
        if arrivals:
            stats |= {"arrivals": list(record.times), "arrivals_accepted": [bool(each) for each in record.accepted]}
        if pages:
            stats["by_page"] = dict(server.by_page)
        return stats

    def truth(self, resource: str = "chats", *, rows: bool = False, ids: list[str] | None = None) -> Json:
        """Ids of a resource, with `rows` the rows too: all, or those of `ids`. `messages` needs the ids of chats."""
        account = self._server.account
        account.catch_up(self._server.elapsed())
        if resource == "messages":
            shelf = account.shelves["chats"]
            found = [row for text in ids or () if (row := shelf.find(text)) is not None]
            messages = [message for row in found for message in account.chats.messages(row, events=True)]
            shown = {"rows": messages} if rows else {}
            return {"resource": resource, "count": len(messages), "ids": [each["id"] for each in messages]} | shown
        if resource == "agents":
            agents = account.desk.agents[::-1]
            shown = {"rows": agents} if rows else {}
            return {"resource": resource, "count": len(agents), "ids": [agent["id"] for agent in agents]} | shown
        shelf = account.shelves[_resource(resource)]
        return truth_of(shelf) | ({"rows": rows_of(shelf, ids)} if rows else {})

    def mark(self) -> None:
        """From now on the truth tells what came, changed and left since this moment."""
        self._server.account.catch_up(self._server.elapsed())
        for shelf in self._server.account.shelves.values():
            shelf.mark()

    def control(self, wishes: Json) -> Json:
        """Do what is asked, in the order: levers, then rows. The answer has the ids of the rows that were moved."""
        _check_mapping("control", wishes)
        if unknown := set(wishes) - set(self._levers) - set(_DONE) - {"resource", "rates"}:
            raise ValueError(f"control knows no {', '.join(sorted(unknown))}.")
        self._server.account.catch_up(self._server.elapsed())
        resource = _resource(wishes.get("resource", "chats"))
        for name, lever in self._levers.items():
            if name in wishes:
                lever(wishes[name])
        if "rates" in wishes:
            self._set_rates(resource, wishes["rates"])
        return {_DONE[wish]: self._move(resource, wish, wishes[wish]) for wish in _DONE if wish in wishes}

    def _move(self, resource: str, wish: str, which: Any) -> list[int]:
        account, elapsed = self._server.account, self._server.elapsed()
        shelf = account.shelves[resource]
        if wish == "remove" and isinstance(which, list):
            rows = [shelf.find(str(number)) for number in which]
            if None in rows:
                raise ValueError(f"remove names {resource} that are not there.")
            moved = [account.depart(shelf, row) for row in rows]
        elif wish == "close" and resource != "chats":
            raise ValueError("only chats close.")
        else:
            act: dict[str, Callable[[], int | None]] = {
                "add": lambda: account.arrive(shelf, elapsed),
                "remove": lambda: account.depart(shelf),
                "change": lambda: account.change(shelf, elapsed),
                "close": lambda: account.close(elapsed),
                "jump": lambda: account.jump(shelf, elapsed),
            }
            moved = [act[wish]() for _ in range(int(_number(wish, which)))]
        return [number for number in moved if number is not None]

    def _set_rates(self, resource: str, rates: Json) -> None:
        _check_mapping("rates", rates)
        if unknown := set(rates) - set(RATES):
            raise ValueError(f"rates knows no {', '.join(sorted(unknown))}; it knows {', '.join(RATES)}.")
        events = {RATES[name]: _number(name, rate) for name, rate in rates.items()}
        self._server.account.set_rates(resource, events, self._server.elapsed())

    def _set_faults(self, shares: Json) -> None:
        _check_mapping("faults", shares)
        check_shares({kind: _number(kind, share) for kind, share in shares.items()})
        self._server.faults.shares = dict(shares)

    def _queue_faults(self, kinds: Any) -> None:
        if not isinstance(kinds, list):
            raise ValueError("next_faults is a list of kinds.")  # noqa: TRY004 - what came is JSON, not our mistake
        self._server.faults.queue(str(kind) for kind in kinds)

    def _set_fail_page(self, page: str) -> None:
        self._server.faults.fail_page = str(page)

    def _set_limit(self, limit: Any) -> None:
        self._server.window.limit = int(_number("limit", limit))

    def _empty(self, names: str | None) -> None:
        self._server.account.empty(_resource(name) for name in names_in(names or ""))

    def _reset_stats(self) -> None:
        server = self._server
        server.arrivals.clear()
        server.by_path.clear()
        server.by_page.clear()
        server.by_status.clear()
        server.faults.counts.clear()
        server.oauth.refreshes = server.oauth.failed_refreshes = server.connections = 0


def _resource(name: str) -> str:
    if name not in RESOURCES:
        raise ValueError(f"the sandbox keeps no {name!r}; it keeps {', '.join(RESOURCES)}.")
    return name


def _check_mapping(name: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"{name} wants a JSON object.")  # noqa: TRY004 - what came is JSON, not our mistake


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError(f"{name} is {value!r}, it must be a number and not negative.")
    return float(value)
