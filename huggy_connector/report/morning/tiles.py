"""Builds the tiles of the morning: a value, whether it is normal, and its change against the same weekdays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from huggy_connector.report.i18n import Translations
from huggy_connector.report.morning.figures import ComparedFigure, ComparedPeriod, DepartmentFigures, MorningFigures
from huggy_connector.report.morning.labels import name_contact, name_department, name_median
from huggy_connector.report.parts import Tile


@dataclass(frozen=True, slots=True)
class Target:
    """The target of the first response: minutes, and the clock, business or calendar."""

    minutes: float
    clock: str


def build_tiles(morning: MorningFigures, target: Target | None, words: Translations) -> tuple[Tile, ...]:
    """Return the tiles in the order of the questions: how much, who waits, in time, where not, and by whom."""
    day = morning.yesterday
    closed = words["closed_then"].format(chats=_count("closed", day, words))
    return (
        _build_count_tile("opened", day, words["chats"], "", words),
        _build_waiting_tile(morning, words),
        _build_attainment_tile(day, target, words),
        _build_worst_tile(morning.departments, words),
        _build_wait_tile(day, "business" if target is None else target.clock, words),
        _build_bot_tile(day, words),
        _build_share_tile("abandoned_share", "abandoned", day, words["abandoned_before"], words),
        _build_count_tile("backlog", day, words["open_at_end"], closed, words),
    )


def _build_count_tile(figure: str, day: ComparedPeriod, label: str, note: str, words: Translations) -> Tile:
    found = day.find(figure)
    value = "-" if found is None or found.value is None else words.number(found.value)
    if found is not None and found.mean is not None and found.lowest is not None and found.highest is not None:
        usual = words["usual"].format(lowest=words.number(found.lowest), highest=words.number(found.highest))
        note = f"{usual}; {note}" if note else usual
    return Tile(label, value, note, _judge(found, words), _describe_change(found, words))


def _build_waiting_tile(morning: MorningFigures, words: Translations) -> Tile:
    waiting = words.number(morning.open.waiting)
    first = morning.waiting[0] if morning.waiting else None
    if first is None or first.minutes is None:
        return Tile(words["waiting_now"], waiting, words["nobody_waits"] if not morning.open.waiting else "")
    place = first.department or words["no_department"]
    note = words["longest"].format(
        time=words.duration(first.minutes), contact=name_contact(first.contact, words), department=place
    )
    return Tile(words["waiting_now"], waiting, note)


def _build_attainment_tile(day: ComparedPeriod, target: Target | None, words: Translations) -> Tile:
    found = day.find("first_response_attainment")
    if target is None:
        return Tile(words["in_time"], "-", words["no_target"])
    told = words["target_on_clock"].format(time=words.duration(target.minutes, target.clock), clock=words[target.clock])
    if found is None or found.value is None:
        return Tile(words["in_time"], "-", f"{words['nothing_measured']}; {told}")
    met, missed = (day.value(f"first_response_{name}") or 0 for name in ("met", "missed"))
    counted = words["missed_of"].format(missed=words.number(missed), chats=words.number(met + missed))
    return Tile(
        words["in_time"],
        words.share(found.value),
        f"{counted}; {told}",
        _judge(found, words),
        _describe_change(found, words),
    )


def _build_worst_tile(departments: Sequence[DepartmentFigures], words: Translations) -> Tile:
    measured = [each for each in departments if each.yesterday.value("first_response_attainment") is not None]
    if not measured:
        return Tile(words["worst_department"], "-", words["nothing_measured"])
    worst, others = measured[0], measured[1:]
    share = words.share(worst.yesterday.value("first_response_attainment") or 0.0)
    name = name_department(worst, words)
    met, missed = (worst.yesterday.value(f"first_response_{name}") or 0 for name in ("met", "missed"))
    notes = [words["missed_of"].format(missed=words.number(missed), chats=words.number(met + missed))]
    if others:
        next_share = words.share(others[0].yesterday.value("first_response_attainment") or 0.0)
        notes.append(words["next_worst"].format(department=name_department(others[0], words), share=next_share))
    found = worst.yesterday.find("first_response_attainment")
    return Tile(
        words["worst_department"],
        words["in_time_there"].format(department=name, share=share),
        "; ".join(notes),
        _judge(found, words),
        _describe_change(found, words),
    )


def _build_wait_tile(day: ComparedPeriod, clock: str, words: Translations) -> Tile:
    clocks = {
        "business": day.find("median_first_response_business_minutes"),
        "calendar": day.find("median_first_response_minutes"),
    }
    label = name_median(clock, words)
    found = clocks.pop(clock)
    if found is None or found.value is None:
        return Tile(label, "-", words["nothing_measured"])
    other, by_other = clocks.popitem()
    value = None if by_other is None else by_other.value
    note = "" if value is None else f"{words[other]}: {words.duration(value, other)}"
    return Tile(label, words.duration(found.value, clock), note, _judge(found, words), _describe_change(found, words))


def _build_bot_tile(day: ComparedPeriod, words: Translations) -> Tile:
    others = [
        f"{words[name]} {words.share(value)}"
        for name, figure in (("by_agents", "agent_share"), ("given_up", "abandoned_share"))
        if (value := day.value(figure)) is not None
    ]
    return _build_share_tile("bot_share", "by_bot", day, words["solved_by_bot"], words, more=", ".join(others))


def _build_share_tile(
    figure: str, count: str, day: ComparedPeriod, label: str, words: Translations, *, more: str = ""
) -> Tile:
    found = day.find(figure)
    if found is None or found.value is None:
        return Tile(label, "-", words["nothing_measured"])
    decided = sum(day.value(each) or 0 for each in ("by_agent", "by_bot", "abandoned"))
    note = words["so_many_chats"].format(chats=_count(count, day, words), decided=words.number(decided))
    return Tile(
        label,
        words.share(found.value),
        f"{note}; {more}" if more else note,
        _judge(found, words),
        _describe_change(found, words),
    )


def _judge(found: ComparedFigure | None, words: Translations) -> str:
    """Return whether a value lies among those of the same weekdays: normal, or above or below all of them."""
    if found is None or found.value is None or found.mean is None or found.lowest is None or found.highest is None:
        return ""
    if found.lowest <= found.value <= found.highest:
        return words["normal"]
    return words["above_usual" if found.value > found.highest else "below_usual"]


def _describe_change(found: ComparedFigure | None, words: Translations) -> str:
    """Return the change of a figure, with the mean that it is measured by."""
    if found is None or found.change is None or found.mean is None:
        return ""
    match found.unit:
        case "chats":
            change, mean = words.change(found.change, 1), words.number(found.mean, 1)
            if found.change_rate is not None:
                change = f"{change} ({words.share_change(found.change_rate)})"
        case "share":
            change, mean = words.points(found.change), words.share(found.mean)
        case unit:
            clock = "business" if unit == "business_minutes" else "calendar"
            change, mean = words.duration_change(found.change, clock), words.duration(found.mean, clock)
    return words["against_mean"].format(change=change, mean=mean)


def _count(figure: str, period: ComparedPeriod, words: Translations) -> str:
    return words.number(period.value(figure) or 0)
