"""What goes wrong with a write: which fault, and whether the write is done all the same.

The seed and the number of the write determine the kind, so the same sequence of writes has the same faults.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from huggy_connector.sandbox.data.rng import seeded_random
from huggy_connector.sandbox.fault_kinds import CODES, WRITE_KINDS, check_write_shares
from huggy_connector.sandbox.server.faults import Answer, gateway_page, json_answer
from huggy_connector.sandbox.server.refusals import api_error

_BEFORE = "-before"
_STREAM = 89
_REFUSALS = frozenset(("429", "refusal", "forbidden", "reason", "error", "parameter", *CODES))


@dataclass(frozen=True, slots=True)
class WriteFault:
    """A fault of one write. `name` is empty where nothing goes wrong."""

    name: str = ""

    @property
    def kind(self) -> str:
        """What happens, without when."""
        return self.name.removesuffix(_BEFORE)

    @property
    def is_applied(self) -> bool:
        """Whether the write is done."""
        return not self.name.endswith(_BEFORE) and self.name not in _REFUSALS


class WriteFaults:
    """The chooser of each write's fault: the requested one first, then the queue, then the shares."""

    def __init__(self, *, seed: int, shares: Mapping[str, float]) -> None:
        self.shares = dict(shares)
        self.counts: Counter[str] = Counter()
        self._seed = seed
        self._queued: deque[str] = deque()

    def queue(self, kinds: Iterable[str]) -> None:
        """Queue faults for the next writes, one each; an empty name is none. Raise ValueError for an unknown kind."""
        kinds = tuple(kinds)
        check_write_shares(dict.fromkeys(filter(None, kinds), 0.0))
        self._queued.extend(kinds)

    def choose(self, number: int, *, requested: str = "") -> WriteFault:
        """Return the fault of write `number`."""
        name = requested if requested in WRITE_KINDS else ""
        if not name and self._queued:
            name = self._queued.popleft()
        elif not name and self.shares:
            name = self._draw(seeded_random(self._seed, _STREAM, number).random())
        if name:
            self.counts[name] += 1
        return WriteFault(name)

    def _draw(self, u: float) -> str:
        for name, share in self.shares.items():
            if u < share:
                return name
            u -= share
        return ""

    def replacement_answer(self, fault: WriteFault, language: str) -> Answer | None:
        """Return the answer that replaces the real one, or None if there is none to replace."""
        is_second = self.counts[fault.name] % 2 == 0
        if fault.kind in CODES:
            return json_answer(400, {"reason": f"(#{fault.kind}) {CODES[fault.kind]}"})
        if fault.kind == "forbidden":
            return api_error("forbidden", language)
        replacements = _REPLACEMENTS.get(fault.kind)
        return None if replacements is None else replacements[is_second]


def parameter_answer(parameter: str) -> Answer:
    """Return the 200 that says in a message's text that a template's parameter is missing. Nothing was sent."""
    text = f"O parâmetro {parameter} é obrigatório e não foi informado."
    return json_answer(200, {"text": text, "senderType": "agent", "type": "text"})


_REPLACEMENTS: dict[str, tuple[Answer, Answer]] = {
    "500": (json_answer(500, {"reason": "Internal server error"}),) * 2,
    "502": (gateway_page(502),) * 2,
    "503": (json_answer(503, {"reason": "Service unavailable"}), gateway_page(503)),
    "504": (gateway_page(504),) * 2,
    "empty": (Answer(200, b""),) * 2,
    "429": (json_answer(429, {"reason": "Too many requests"}, ("Retry-After", "1")),) * 2,
    "refusal": (
        json_answer(400, {"reason": "Parâmetro inválido"}),
        json_answer(422, {"reason": {"text": ["O campo é inválido."]}}),
    ),
    "reason": (json_answer(200, {"reason": "Mensagem não enviada"}),) * 2,
    "error": (json_answer(200, {"error": "message_not_sent", "message": "Not sent"}),) * 2,
    "parameter": (parameter_answer("1"),) * 2,
}
"""By kind: the answer of the first such fault, and of the second; they take turns."""
