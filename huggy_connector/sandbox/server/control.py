"""The endpoints under /sandbox, which are for tests. They are not limited, authenticated or counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any

from huggy_connector.sandbox.data.movement import EVENT_OF_RATE
from huggy_connector.sandbox.fault_kinds import check_shares, check_write_shares
from huggy_connector.sandbox.options import RESOURCES, parse_names
from huggy_connector.sandbox.server.delays import Delays
from huggy_connector.sandbox.server.faults import Answer, json_answer
from huggy_connector.sandbox.server.ground_truth import build_truth, read_records
from huggy_connector.sandbox.server.server import Server
from huggy_connector.sandbox.webhook.webhook import Webhook

Json = dict[str, Any]

_ROW_COMMANDS = {"add": "added", "remove": "removed", "change": "changed", "close": "closed", "jump": "jumped"}


class Control:
    """The control of a server: it reads the server's state and changes it. What is impossible raises ValueError."""

    def __init__(self, server: Server) -> None:
        self._server = server
        server.set_control(self.answer)
        self._commands: dict[str, Callable[[Any], None]] = {
            "faults": self._set_faults,
            "next_faults": self._queue_faults,
            "write_faults": self._set_write_faults,
            "next_write_faults": self._queue_write_faults,
            "read_only": self._set_read_only,
            "fail_page": self._set_fail_page,
            "limit": self._set_limit,
            **{field.name: partial(self._set_delay, field.name) for field in fields(Delays)},
            "revoke_tokens": lambda on: server.tokens.end_all(expired=False) if on else None,
            "expire_tokens": lambda on: server.tokens.end_all(expired=True) if on else None,
            "renew_account_token": lambda on: self._renew_account_token() if on else None,
            "revoke_refresh": lambda on: server.tokens.refresh_tokens.clear() if on else None,
            "reset_stats": lambda on: self._reset_stats() if on else None,
            "mark": lambda on: self.mark() if on else None,
            "empty": self._empty,
            "clock_minutes": lambda minutes: server.account.set_clock(float(minutes)),
            "webhook": lambda commands: self._find_webhook().control(commands),
        }

    def answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        """Return the answer of `/sandbox/stats`, `wait`, `truth`, `writes`, `mark` or `control`.

        `wait?requests=100` is answered as `stats` is, once 100 requests have arrived since the start.
        """
        try:
            match method, path.rstrip("/"):
                case "GET", "/sandbox/stats" | "/sandbox/wait" | "/sandbox/truth" | "/sandbox/writes":
                    return json_answer(200, self._read(path.rstrip("/").rpartition("/")[2], query))
                case "POST", "/sandbox/mark":
                    self.mark()
                    return json_answer(200, {})
                case "POST", "/sandbox/control":
                    return json_answer(200, self.control(json.loads(body or b"{}")))
        except ValueError as error:
            return json_answer(400, {"reason": str(error)})
        return json_answer(404, {"reason": "The sandbox has stats, wait, truth, writes, mark and control."})

    def _read(self, name: str, query: Mapping[str, str]) -> Json | list[Json]:
        if name == "truth":
            ids = query["id"].split(",") if query.get("id") else None
            return self.truth(query.get("resource", "chats"), rows=query.get("rows") == "1", ids=ids)
        if name == "writes":
            log = self._server.writes.log
            return log.targets() if query.get("by") == "target" else log.rows(bodies=query.get("bodies") == "1")
        return self.stats(arrivals=query.get("arrivals") == "1", pages=query.get("pages") == "1")

    def stats(self, *, arrivals: bool = False, pages: bool = False) -> Json:
        """Return all counts since the start or the last `reset_stats`. Times are seconds since the start.

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
            "write_faults": dict(server.writes.faults.counts),
            "refreshes": server.oauth.refreshes,
            "failed_refreshes": server.oauth.failed_refreshes,
            "connections": server.connections,
            "lacking_in_v2": dict(server.reads_v2.lacking),
        }
        if arrivals:
            stats |= {
                "arrivals": list(record.times),
                "arrivals_accepted": [bool(accepted) for accepted in record.accepted],
            }
        if pages:
            stats["by_page"] = dict(server.by_page)
        return stats

    def truth(self, resource: str = "chats", *, rows: bool = False, ids: list[str] | None = None) -> Json:
        """Return the ids of a resource; with `rows` its records too, all or those of `ids`.

        `messages` needs the ids of chats. `events` are what the webhook told, and what became of it.
        """
        account = self._server.account
        account.catch_up(self._server.elapsed())
        if resource == "events":
            return self._find_webhook().record.truth(rows=rows)
        if resource == "messages":
            resource_list = account.resource_lists["chats"]
            found = [row for text in ids or () if (row := resource_list.find(text)) is not None]
            messages = [message for row in found for message in account.chats.messages(row, events=True)]
            shown = {"rows": messages} if rows else {}
            message_ids = [message["id"] for message in messages]
            return {"resource": resource, "count": len(messages), "ids": message_ids} | shown
        if resource == "agents":
            agents = account.desk.agents[::-1]
            shown = {"rows": agents} if rows else {}
            return {"resource": resource, "count": len(agents), "ids": [agent["id"] for agent in agents]} | shown
        resource_list = account.resource_lists[_check_resource(resource)]
        return build_truth(resource_list) | ({"rows": read_records(resource_list, ids)} if rows else {})

    def mark(self) -> None:
        """Let the truth show from now on what has arrived, changed and left since this moment."""
        self._server.account.catch_up(self._server.elapsed())
        for resource_list in self._server.account.resource_lists.values():
            resource_list.mark()

    def control(self, commands: Json) -> Json:
        """Run commands: first those of the server, then those of rows. Return the ids of the rows that they touched."""
        _check_mapping("control", commands)
        if unknown := set(commands) - set(self._commands) - set(_ROW_COMMANDS) - {"resource", "rates"}:
            raise ValueError(f"control knows no {', '.join(sorted(unknown))}.")
        self._server.account.catch_up(self._server.elapsed())
        resource = _check_resource(commands.get("resource", "chats"))
        for name, command in self._commands.items():
            if name in commands:
                command(commands[name])
        if "rates" in commands:
            self._set_rates(resource, commands["rates"])
        return {
            _ROW_COMMANDS[name]: self._run_row_command(resource, name, commands[name])
            for name in _ROW_COMMANDS
            if name in commands
        }

    def _find_webhook(self) -> Webhook:
        if self._server.webhook is None:
            raise ValueError("this sandbox has no webhook: start it with --webhook URL.")
        return self._server.webhook

    def _run_row_command(self, resource: str, name: str, value: Any) -> list[int]:
        account, elapsed = self._server.account, self._server.elapsed()
        resource_list = account.resource_lists[resource]
        if name == "remove" and isinstance(value, list):
            rows = [resource_list.find(str(number)) for number in value]
            if None in rows:
                raise ValueError(f"remove names {resource} that are not there.")
            moved = [account.remove_row(resource_list, row) for row in rows]
        elif name == "close" and resource != "chats":
            raise ValueError("only chats close.")
        else:
            actions: dict[str, Callable[[], int | None]] = {
                "add": lambda: account.add_row(resource_list, elapsed),
                "remove": lambda: account.remove_row(resource_list),
                "change": lambda: account.change_row(resource_list, elapsed),
                "close": lambda: account.close_chat(elapsed),
                "jump": lambda: account.move_to_head(resource_list, elapsed),
            }
            moved = [actions[name]() for _ in range(int(_check_number(name, value)))]
        return [number for number in moved if number is not None]

    def _set_rates(self, resource: str, rates: Json) -> None:
        _check_mapping("rates", rates)
        if unknown := set(rates) - set(EVENT_OF_RATE):
            raise ValueError(f"rates knows no {', '.join(sorted(unknown))}; it knows {', '.join(EVENT_OF_RATE)}.")
        events = {EVENT_OF_RATE[name]: _check_number(name, rate) for name, rate in rates.items()}
        self._server.account.set_rates(resource, events, self._server.elapsed())

    def _renew_account_token(self) -> None:
        self._server.tokens.renew_account_token()

    def _set_faults(self, shares: Json) -> None:
        _check_mapping("faults", shares)
        check_shares({kind: _check_number(kind, share) for kind, share in shares.items()})
        self._server.faults.shares = dict(shares)

    def _queue_faults(self, kinds: Any) -> None:
        if not isinstance(kinds, list):
            raise ValueError("next_faults is a list of kinds.")  # noqa: TRY004 - what came is JSON, not our mistake
        self._server.faults.queue(str(kind) for kind in kinds)

    def _set_fail_page(self, page: str) -> None:
        self._server.faults.fail_page = str(page)

    def _set_delay(self, name: str, milliseconds: Any) -> None:
        self._server.delays = replace(self._server.delays, **{name: _check_number(name, milliseconds)})

    def _set_write_faults(self, shares: Any) -> None:
        _check_mapping("write_faults", shares)
        check_write_shares({kind: _check_number(kind, share) for kind, share in shares.items()})
        self._server.writes.faults.shares = dict(shares)

    def _queue_write_faults(self, kinds: Any) -> None:
        if not isinstance(kinds, list):
            raise ValueError("next_write_faults is a list of kinds.")  # noqa: TRY004 - what came is JSON
        self._server.writes.faults.queue(str(kind) for kind in kinds)

    def _set_read_only(self, on: Any) -> None:
        self._server.writes.is_read_only = bool(on)

    def _set_limit(self, limit: Any) -> None:
        self._server.window.limit = int(_check_number("limit", limit))

    def _empty(self, names: str | None) -> None:
        self._server.account.set_emptied(_check_resource(name) for name in parse_names(names or ""))

    def _reset_stats(self) -> None:
        server = self._server
        server.arrivals.clear()
        server.by_path.clear()
        server.by_page.clear()
        server.by_status.clear()
        server.faults.counts.clear()
        server.writes.faults.counts.clear()
        server.reads_v2.lacking.clear()
        server.oauth.refreshes = server.oauth.failed_refreshes = server.connections = 0


def _check_resource(name: str) -> str:
    if name not in RESOURCES:
        raise ValueError(f"the sandbox keeps no {name!r}; it keeps {', '.join(RESOURCES)}.")
    return name


def _check_mapping(name: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"{name} wants a JSON object.")  # noqa: TRY004 - what came is JSON, not our mistake


def _check_number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError(f"{name} is {value!r}, it must be a number and not negative.")
    return float(value)
