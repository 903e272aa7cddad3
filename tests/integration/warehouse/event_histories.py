"""Random histories of chats and events, and what the marts of events must say of them, told another way than in SQL."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from hypothesis import strategies as st

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MORNING = datetime(2026, 11, 9, 12, tzinfo=UTC)
"""Second 0 of all histories."""
_NEVER = 10**9
_SITUATIONS = ("auto", "wait_for_chat", "in_queue", "in_chat", "finishing", "a situation of 2027", None)
_STARTS = ("startedChat", "createdChat")
_FLOWS = ("startedAutomationFlow", "finishedAutomationFlow")
_EVENTS = (
    *_STARTS,
    *("agentEntered", "leftQueue", "updatedWorkflowStep", "updatedChatDepartment", "closedChat"),
    *("receivedMessage", "sendedAllMessage", "anEventOf2027"),
)
_STAGES = {"bot": 2, "queue": 3, "left": 4, "agent": 6, "closed": 7}

Row = tuple[Any, ...]
Second = int | None


@dataclass(frozen=True, slots=True)
class Told:
    """An event. Its times are seconds."""

    event: str
    occurred: Second
    envelope: Second
    received: Second
    number: int
    situation: str | None = None
    agent: int | None = None
    department: int | None = None
    step: int | None = None
    flow: int | None = None
    context: Any = None

    @property
    def second(self) -> Second:
        return next((each for each in (self.occurred, self.envelope, self.received) if each is not None), None)

    @property
    def order(self) -> Row:
        """What tells two events of one second apart."""
        return (*(_NEVER if each is None else each for each in (self.envelope, self.received)), self.number)

    @property
    def state(self) -> str | None:
        if self.event == "closedChat":
            return "closed"
        if self.event == "agentEntered" or self.situation == "in_chat":
            return "agent"
        if self.situation == "auto":
            return "bot"
        if self.event == "leftQueue":
            return "left"
        return "queue" if self.situation in {"wait_for_chat", "queue", "in_queue"} else None


@dataclass(frozen=True, slots=True)
class Life:
    """A chat as the API gives it, and the events of it. Its times are seconds."""

    created: Second
    attended: Second
    closed: Second
    is_open: bool
    agent: int | None
    events: tuple[Told, ...] = ()
    department: int | None = None

    @property
    def taken_at(self) -> Second:
        return self.attended if self.created is None or _at_least(self.attended, self.created) else None

    @property
    def closed_at(self) -> Second:
        is_closed = not self.is_open and (self.created is None or _at_least(self.closed, self.created))
        return self.closed if is_closed else None


def _at_least(second: Second, other: int) -> bool:
    return second is not None and second >= other


seconds = st.none() | st.integers(0, 12)
small = st.none() | st.integers(1, 3)
contexts: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([None, [], "text", 5]),
    st.dictionaries(
        st.sampled_from(["nota", "SYSTEM.CHAT_ID", "form.field", 'with "quotes"', "$.x", ""]),
        st.sampled_from(["9", 9, "", None, "4,5", "Ótimo", True, {"a": 1}, [1]]),
        max_size=4,
    ),
)


@st.composite
def lives(draw: st.DrawFn, names: Sequence[str] = _EVENTS) -> Life:
    """Draw a chat with its events."""
    numbers = iter(draw(st.permutations(range(12))))
    told = draw(
        st.lists(
            st.builds(
                Told,
                event=st.sampled_from(names),
                occurred=seconds | st.integers(0, 12),
                envelope=seconds,
                received=seconds,
                number=st.builds(lambda: next(numbers)),
                situation=st.sampled_from(_SITUATIONS),
                agent=small,
                department=small,
                step=small,
                flow=small,
                context=contexts,
            ),
            max_size=8,
        )
    )
    times = draw(st.tuples(st.integers(0, 4) | st.none(), seconds, seconds))
    return Life(
        *times, is_open=draw(st.booleans()), agent=draw(small), events=tuple(told), department=draw(st.none() | small)
    )


flow_lives = lives((*_FLOWS, *_FLOWS, *_FLOWS, "startedChat"))


def put_lives(connection: DuckDBPyConnection, lives: Mapping[int, Life]) -> None:
    """Make the chats with these ids, and their events, what the lives say, by delete and insert, as a load does."""
    ids = list(lives)
    connection.execute("DELETE FROM chats WHERE company_id = 1 AND id IN (SELECT unnest($1))", [ids])
    connection.execute("DELETE FROM events WHERE company_id = 1 AND chat_id IN (SELECT unnest($1))", [ids])
    chats = [_chat_row(chat_id, life) for chat_id, life in lives.items()]
    events = [_event_row(chat_id, told) for chat_id, life in lives.items() for told in life.events]
    for table, rows in (("chats", chats), ("events", events)):
        if rows:
            connection.register("rows_put", pa.Table.from_pylist(rows))
            connection.execute(f"INSERT INTO {table} BY NAME SELECT 1 AS company_id, * FROM rows_put")
            connection.unregister("rows_put")


def _chat_row(chat_id: int, life: Life) -> dict[str, Any]:
    return {
        "id": chat_id,
        "contact_id": 5,
        "agent_id": life.agent,
        "department_id": life.department,
        "situation": "in_chat" if life.is_open else "finishing",
        "row_hash": repr((chat_id, life)),
        **_instants(created_at=life.created, attended_at=life.attended, closed_at=life.closed),
    }


def _event_row(chat_id: int, told: Told) -> dict[str, Any]:
    return {
        "event_id": f"{told.number:03d}",
        "event": told.event,
        "chat_id": chat_id,
        "agent_id": told.agent,
        "department_id": told.department,
        "workflow_step_id": told.step,
        "flow_id": told.flow,
        "situation": told.situation,
        "row_hash": repr((chat_id, told)),
        "item": json.dumps({"flowToken": "nps", "context": told.context}),
        **_instants(occurred_at=told.occurred, envelope_at=told.envelope, received_at=told.received),
    }


def _instants(**times: Second) -> dict[str, datetime | None]:
    instants = {name: None if each is None else MORNING + timedelta(seconds=each) for name, each in times.items()}
    return instants | {
        f"{name}_local": each and (each - timedelta(hours=3)).replace(tzinfo=None) for name, each in instants.items()
    }


def tell_timeline(life: Life) -> list[Row]:
    """Return the rows of the timeline: kind, value, from, to, seconds and basis, in their order."""
    opened, seen = _place(life)
    if not seen:
        return _tell_by_api(life)
    ended, rows = _walk_states(life, opened, seen)
    for order, kind, event in ((1, "department", "updatedChatDepartment"), (2, "workflow_step", "updatedWorkflowStep")):
        told = sorted(
            (
                (second, 0 if is_opening else 2 if each.event == event else 1, each.order, _value(each, kind))
                for second, is_opening, each in seen
                if (_value(each, kind) is not None or each.event == event) and (ended is None or second <= ended)
            ),
            key=lambda entry: entry[:3],
        )
        runs = [next(run) for _, run in groupby(told, key=lambda entry: entry[3])]
        ends = [entry[0] for entry in runs[1:]] + [ended]
        rows += [
            (entry[0], order, place, kind, entry[3], end, "event")
            for place, (entry, end) in enumerate(zip(runs, ends, strict=False))
        ]
    return [
        (kind, value, start, end, None if end is None else end - start, basis)
        for start, _, _, kind, value, end, basis in sorted(rows, key=lambda row: row[:3])
    ]


def _value(told: Told, kind: str) -> int | None:
    return told.department if kind == "department" else told.step


def _place(life: Life) -> tuple[Second, list[tuple[int, bool, Told]]]:
    """Return when the chat was opened, and the events that count: second, whether it is the opening, event."""
    timed = [(each.second, each) for each in life.events if each.second is not None]
    starts = sorted((second, each.order, each) for second, each in timed if each.event in _STARTS)
    closings = [second for second, each in timed if each.event == "closedChat"]
    start = starts[0][2] if starts and not any(second < starts[0][0] for second in closings) else None
    opened = life.created
    if opened is None and start is not None and (life.closed_at is None or starts[0][0] <= life.closed_at):
        opened = starts[0][0]
    seen = []
    for told_at, each in timed:
        second = told_at if opened is None else opened if each is start else max(told_at, opened)
        says = each.state or each.department or each.step or each.event.startswith("updated")
        is_late = life.closed_at is not None and (
            second > life.closed_at or (second == life.closed_at and each.state == "closed")
        )
        if says and not is_late:
            seen.append((second, each is start, each))
    return opened, seen


def _walk_states(life: Life, opened: Second, seen: Sequence[tuple[int, bool, Told]]) -> tuple[Second, list[Row]]:
    """Return when the chat ended, and its states: start, 0, place, kind, agent, end, basis."""
    steps: list[Row] = [
        (
            *(second, 1 if is_opening else _STAGES[each.state], each.order, each.state),
            *(each.agent if each.event == "agentEntered" else None, "event"),
        )
        for second, is_opening, each in seen
        if each.state is not None
    ]
    if opened is not None:
        steps.append((opened, 0, (), "opened", None, "event" if life.created is None else "api"))
    if life.taken_at is not None and (life.closed_at is None or life.taken_at <= life.closed_at):
        steps.append((max(life.taken_at, opened or 0), 5, (), "agent", None, "api"))
    if life.closed_at is not None:
        steps.append((life.closed_at, 8, (), "closed", None, "api"))
    steps.sort(key=lambda step: step[:3])

    kept: list[Row] = []
    for step in steps:
        if step[3] != "left" or (kept and kept[-1][3] == "queue"):
            kept.append(step)
    stretches = [list(run) for _, run in groupby(kept, key=lambda step: step[3])]
    with_agents = [run for run in stretches if run[0][3] == "agent"]
    rows: list[Row] = []
    for run in stretches:
        if run[0][3] == "closed":
            rows.append(run[-1])
        elif run[0][3] != "agent":
            rows.append(run[0])
        else:
            known = _fill([step[4] for step in run], life.agent if run is with_agents[-1] else None)
            named = [(*step[:4], agent, step[5]) for step, agent in zip(run, known, strict=True)]
            rows += [next(same) for _, same in groupby(named, key=lambda step: step[4])]
    if life.is_open and rows and rows[-1][3] == "closed":
        rows.pop()
    ends = [row[0] for row in rows[1:]] + [None]
    ended = rows[-1][0] if rows and rows[-1][3] == "closed" else None
    return ended, [
        (row[0], 0, place, row[3], row[4], end, row[5])
        for place, (row, end) in enumerate(zip(rows, ends, strict=False))
        if row[3] != "left"
    ]


def _fill(agents: Sequence[int | None], in_charge: int | None) -> list[int | None]:
    """Return the agents with the gaps filled from before, else from after, else with the one in charge."""
    first = next((each for each in agents if each is not None), in_charge)
    filled: list[int | None] = []
    for each in agents:
        filled.append(each if each is not None else filled[-1] if filled else first)
    return filled


def _tell_by_api(life: Life) -> list[Row]:
    if life.created is None:
        return []
    taken, closed = life.taken_at, life.closed_at
    if taken is not None and closed is not None and taken > closed:
        taken = None
    steps = [("opened", None, life.created), ("agent", life.agent, taken), ("closed", None, closed)]
    known = [step for step in steps if step[2] is not None]
    ends = [step[2] for step in known[1:]] + [None]
    return [
        (*step, end, None if end is None or step[2] is None else end - step[2], "api")
        for step, end in zip(known, ends, strict=False)
    ]


def tell_queue(life: Life) -> tuple[Second, str | None, Second]:
    """Return when the chat came to the queue, what its wait begins at, and the seconds of its wait."""
    _, seen = _place(life)
    states = [row for row in tell_timeline(life) if row[0] not in {"department", "workflow_step"}] if seen else []
    queued = None
    place = next((place for place, row in enumerate(states) if row[0] == "queue"), 0)
    if place:
        before, queue = states[place - 1 : place + 1]
        if before[0] == "bot" or (before[0] == "opened" and before[2] == queue[2]):
            queued = queue[2]
    taken = life.taken_at
    if queued is not None and taken is not None and queued > taken:
        queued = None
    if taken is None:
        return queued, None, None
    if queued is not None:
        return queued, "event", taken - queued
    return None, *((None, None) if life.created is None else ("opening", taken - life.created))


def tell_handled(life: Life) -> tuple[str | None, Second]:
    """Return who handled the chat, and the seconds after which the customer gave up."""
    if life.attended is not None or life.agent is not None:
        return "agent", None
    if life.is_open:
        return None, None
    _, seen = _place(life)
    kinds = [row[0] for row in tell_timeline(life) if row[0] in {"bot", "queue", "agent", "opened", "closed"}]
    kinds = kinds if seen else []
    if "agent" in kinds:
        return "agent", None
    states = [kind for kind in kinds if kind != "closed"]
    if "queue" in kinds or (life.department is not None and not (states and states[-1] == "bot")):
        since = tell_queue(life)[0]
        since = life.created if since is None else since
        gone = None if since is None or life.closed_at is None else life.closed_at - since
        return "abandoned", gone
    return "bot", None


def tell_agents(life: Life) -> tuple[int, int, int | None]:
    """Return how many agents the chat had, how often it was passed on at least, and how often it was opened again."""
    _, seen = _place(life)
    rows = [row for row in tell_timeline(life) if row[0] not in {"department", "workflow_step"}] if seen else []
    turns = [row[1] for row in rows if row[0] == "agent" and row[1] is not None]
    known = {*turns, *(() if life.agent is None else (life.agent,))}
    passed = sum(one != other for one, other in pairwise(turns))
    reopens = sum(row[0] == "closed" for row in rows[:-1]) if any(row[0] != "left" for row in rows) else None
    return len(known), max(len(known) - 1, passed, 0), reopens


def tell_runs(life: Life) -> Iterator[Row]:
    """Yield the runs of flows: flow, run, start, finish, seconds, answers."""
    told = [each for each in life.events if each.event in _FLOWS and each.second is not None]
    for flow in {each.flow for each in told}:
        runs: list[list[Any]] = []
        is_under_way = False
        for each in sorted(
            (each for each in told if each.flow == flow),
            key=lambda each: (each.second, each.event == "finishedAutomationFlow", each.order),
        ):
            if each.event == "startedAutomationFlow":
                runs.append([each.second, None, None])
                is_under_way = True
                continue
            if not is_under_way:
                runs.append([None, None, None])
            runs[-1][1:] = [each.second, _answers(each.context)]
            is_under_way = False
        for number, (start, finish, answers) in enumerate(runs, start=1):
            taken = None if start is None or finish is None else finish - start
            yield flow, number, start, finish, taken, answers


def _answers(context: Any) -> Any:
    if isinstance(context, list):
        return {}
    if isinstance(context, dict):
        return {key: value for key, value in context.items() if not key.startswith("SYSTEM.")}
    return None
