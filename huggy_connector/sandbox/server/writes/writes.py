"""All writes of a sandbox: the route, the fault, the answer, and the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.data.writes.messages import ParameterMissing
from huggy_connector.sandbox.data.writes.refused import FORBIDDEN, MISSING, WriteRefused
from huggy_connector.sandbox.server.faults import Answer
from huggy_connector.sandbox.server.writes.refusal_answers import refusal_answer
from huggy_connector.sandbox.server.writes.v2 import WritesOfV2
from huggy_connector.sandbox.server.writes.v3 import Route, Routes, WritesOfV3
from huggy_connector.sandbox.server.writes.write_call import Done, WriteCall, read_body
from huggy_connector.sandbox.server.writes.write_faults import WriteFault, WriteFaults, parameter_answer
from huggy_connector.sandbox.server.writes.write_log import WriteLog, Written, to_digest, to_target

METHODS = frozenset(("POST", "PUT", "PATCH", "DELETE"))
NO_ANSWER = ("reset", "stall")
GATEWAY_ERRORS = ("500", "502", "503", "504")


class Writes:
    """The writes of an account, in each version of the API."""

    def __init__(self, account: Account) -> None:
        options = account.options
        self.faults = WriteFaults(seed=options.seed, shares=options.write_faults)
        self.log = WriteLog()
        self.is_read_only = options.read_only
        self._company = str(options.company)
        self._has_quirks = options.quirks
        self._routes: dict[str, Routes] = {"v3": WritesOfV3(account).routes, "v2": WritesOfV2(account).routes}

    def answer(
        self,
        call: WriteCall,
        *,
        version: str,
        fault: WriteFault,
        content_type: str = "",
        body: bytes = b"",
    ) -> Answer:
        """Do the write, if its fault lets it be done, and log it. Return its answer, or what replaces it."""
        is_refused, parts = True, call.parts
        try:
            parts = self._strip_company(call.parts, version)
            call = replace(call, parts=parts, body=read_body(content_type, body))
            done, is_refused = self._apply(call, version, fault), False
        except WriteRefused as refused:
            as_object = self._has_quirks and call.number % 2 == 0
            done = Done(refusal_answer(refused, call.language, as_object=as_object), is_applied=False)
        except ParameterMissing as missing:
            done = Done(parameter_answer(missing.parameter), is_applied=False)
        answer = done.answer
        # What is refused may get lost, but is not answered as if it was done.
        if not is_refused or fault.kind in GATEWAY_ERRORS:
            answer = self.faults.replacement_answer(fault, call.language) or answer
        self.log.add(
            Written(
                number=call.number,
                at=call.elapsed,
                method=call.method,
                path="/" + "/".join(parts),
                target=to_target(call.method, parts, call.body),
                applied=done.is_applied,
                status=0 if fault.kind in NO_ANSWER else answer.status,
                fault=fault.name,
                digest=to_digest(call.body),
                body=call.body,
                ids=done.ids,
            )
        )
        return answer

    def _apply(self, call: WriteCall, version: str, fault: WriteFault) -> Done:
        if self.is_read_only:
            raise WriteRefused(FORBIDDEN, "forbidden")
        by_method = self._find_route(version, call.parts)
        if by_method is None:
            raise WriteRefused(MISSING, "missing")
        if call.method not in by_method:
            raise WriteRefused(405, "method")
        if not fault.is_applied:
            return Done(Answer(200, b""), is_applied=False)
        return by_method[call.method](call)

    def _find_route(self, version: str, parts: tuple[str, ...]) -> Mapping[str, Route] | None:
        for pattern, by_method in self._routes[version].items():
            if len(pattern) == len(parts) and all(
                expected in ("*", part) for expected, part in zip(pattern, parts, strict=True)
            ):
                return by_method
        return None

    def _strip_company(self, parts: tuple[str, ...], version: str) -> tuple[str, ...]:
        """Return the path below the company, in small letters. Raise WriteRefused for another company. v2 has none."""
        small = tuple(part.lower() for part in parts)
        if version == "v2" or small[:1] != ("companies",) or len(small) < 3:
            return small
        if small[1] != self._company:
            raise WriteRefused(FORBIDDEN, "forbidden")
        return small[2:]
