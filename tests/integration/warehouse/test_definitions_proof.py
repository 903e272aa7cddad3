"""The definitions of a service desk, computed by pandas from the JSON as it was received, agree with the marts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from tests.integration.warehouse.test_marts_proof import CLOSES, OPENS, business, filled, mart, raw, received
from tests.sizes import FULL

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

OPEN = ("auto", "wait_for_chat", "in_chat", "queue", "in_queue")
CLOSED = ("finishing", "filed", "blocked")
TARGETS = {"first_response": 15 * 60, "resolution": 480 * 60}
VERDICTS = ["met", "missed", "pending", "cancelled", "outside_hours"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, desk_type: type[Desk]) -> Desk:
    return filled(desk_type(tmp_path_factory.mktemp("proof")), 100_000 if FULL else 1_500)


@pytest.fixture(scope="module")
def chats(desk: Desk) -> pd.DataFrame:
    return told_chats(desk)


def told_chats(desk: Desk) -> pd.DataFrame:
    """The chats as received, with who handled them."""
    told = raw(desk)
    told["agent"] = pd.to_numeric(told["agentId"])
    told["department"] = pd.to_numeric(told["departmentId"])
    told["contact"] = pd.to_numeric(told["contactId"])
    told["is_open"] = told["situation"].isin(OPEN) | (~told["situation"].isin(CLOSED) & told["closedAt"].isna())
    told["ended"] = told["closedAt"].where(~told["is_open"])
    has_agent = told["agent"].notna() | told["attendedAt"].notna()
    told["handled_by"] = np.select(
        [has_agent, told["is_open"], told["agents"].str.len().gt(0), told["department"].notna()],
        ["agent", "", "agent", "abandoned"],
        "bot",
    )
    return told


def in_hours(times: pd.Series[Any]) -> pd.Series[Any]:
    """Whether a local time lies in business hours: a second later more business time is over."""
    return (business(times + pd.Timedelta(seconds=1)) - business(times)).gt(0)


@pytest.mark.proof
def test_who_handled_a_chat_and_the_rates_agree(desk: Desk, chats: pd.DataFrame) -> None:
    found = mart(
        desk,
        "SELECT chat_id AS id, handled_by, abandoned_seconds, department FROM marts.chat_times ORDER BY 1",
    )
    departments = received(desk, "departments").set_index("id")["name"]
    assert found["department"].fillna("").tolist() == chats["department"].map(departments).fillna("").tolist()
    assert found["handled_by"].fillna("").tolist() == chats["handled_by"].tolist()
    given_up = chats["handled_by"].eq("abandoned")
    wanted = (chats["ended"] - chats["createdAt"]).dt.total_seconds().where(given_up)
    assert np.allclose(found["abandoned_seconds"].astype(float), wanted, equal_nan=True)

    counts = chats["handled_by"].value_counts()
    (row,) = mart(
        desk,
        "SELECT sum(by_bot) AS bot, sum(by_agent) AS agent, sum(abandoned) AS abandoned, sum(undecided) AS open"
        " FROM marts.bot_and_human_by_day",
    ).to_dict("records")
    assert row == {
        "bot": counts["bot"],
        "agent": counts["agent"],
        "abandoned": counts["abandoned"],
        "open": chats["handled_by"].eq("").sum(),
    }
    assert counts["abandoned"] > 0 < counts["bot"]


def verdicts(desk: Desk, chats: pd.DataFrame) -> pd.DataFrame:
    """The verdict on each chat that has a target, by chat and metric. Messages are not landed."""
    now = pd.Series(mart(desk, "SELECT as_of_local FROM marts.as_of")["as_of_local"][0], index=chats.index)
    told = chats[
        ~chats["handled_by"].eq("bot")
        & ~chats["situation"].eq("auto")
        & ~(chats["is_open"] & chats["handled_by"].eq("") & chats["situation"].isna())
    ]
    rows = []
    for metric, target in TARGETS.items():
        judged = told[~told["handled_by"].eq("abandoned")] if metric == "resolution" else told
        done = judged["ended"] if metric == "resolution" else judged["attendedAt"]
        until = now.loc[judged.index].where(judged["is_open"], judged["ended"])
        begin = business(judged["createdAt"])
        took, waited = business(done) - begin, business(until) - begin
        end = done.fillna(until)
        is_outside = (
            ~(judged["is_open"] & done.isna())
            & (business(end) - begin).eq(0)
            & (end.gt(judged["createdAt"]) | ~in_hours(judged["createdAt"]))
        )
        verdict = np.select(
            [is_outside, took <= target, (took > target) | (waited > target), judged["is_open"]],
            ["outside_hours", "met", "missed", "pending"],
            "cancelled",
        )
        rows.append(judged.assign(metric=metric, verdict=verdict))
    return pd.concat(rows)


@pytest.mark.proof
def test_the_service_level_and_in_time_of_agents_agree(desk: Desk, chats: pd.DataFrame) -> None:
    judged = verdicts(desk, chats)
    wanted = pd.crosstab(judged["metric"], judged["verdict"]).reindex(columns=VERDICTS, fill_value=0)
    columns = ", ".join(f"sum({name})::BIGINT AS {name}" for name in VERDICTS)
    found = mart(desk, f"SELECT metric, {columns} FROM marts.sla_by_day GROUP BY ALL ORDER BY metric")
    assert found.set_index("metric").to_dict("index") == wanted.to_dict("index")
    assert wanted["outside_hours"].gt(0).all()

    first = judged[judged["metric"].eq("first_response") & judged["agent"].notna()]
    keys = [first["createdAt"].dt.to_period("M").dt.to_timestamp().rename("month"), first["agent"].astype("int64")]
    months = pd.crosstab(keys, first["verdict"])
    performance = mart(desk, "SELECT month, agent_id, met, missed, in_time FROM marts.agent_performance ORDER BY 1, 2")
    shares = months["met"] / (months["met"] + months["missed"])
    assert performance["met"].tolist() == months["met"].tolist()
    assert performance["missed"].tolist() == months["missed"].tolist()
    assert np.allclose(performance["in_time"].astype(float), shares, atol=0.00006, equal_nan=True)


@pytest.mark.proof
def test_who_returns_after_the_closing_agrees(desk: Desk, chats: pd.DataFrame) -> None:
    told = chats[chats["contact"].notna()].reset_index().sort_values(["contact", "createdAt", "id"])
    told["end"] = told["ended"].where(told["ended"].ge(told["createdAt"])).where(~told["is_open"], pd.Timestamp.max)
    before = told.groupby("contact")["end"].transform(lambda ends: ends.shift().cummax())
    nth = told.groupby("contact").cumcount()
    parallel = before.gt(told["createdAt"])
    gap = (told["createdAt"] - before).where(~parallel)
    wanted = {
        "first_chats": int(nth.eq(0).sum()),
        "parallel": int(parallel.sum()),
        "returned": int((nth.gt(0) & ~parallel).sum()),
        **{f"returned_in_{days}": int(gap.le(pd.Timedelta(days=days)).sum()) for days in (1, 7, 30)},
    }
    (found,) = mart(
        desk,
        "SELECT sum(first_chats) AS first_chats, sum(parallel) AS parallel, sum(returned) AS returned,"
        " sum(returned_in_1_day) AS returned_in_1, sum(returned_in_7_days) AS returned_in_7,"
        " sum(returned_in_30_days) AS returned_in_30 FROM marts.returning_contacts_by_day",
    ).to_dict("records")
    assert found == wanted
    assert wanted["parallel"] > 0 < wanted["returned_in_7"]


@pytest.mark.proof
def test_the_share_outside_the_hours_agrees(desk: Desk, chats: pd.DataFrame) -> None:
    times = mart(desk, "SELECT chat_id AS id, opened_in_hours, taken_in_hours FROM marts.chat_times ORDER BY 1")
    assert times["opened_in_hours"].tolist() == in_hours(chats["createdAt"]).tolist()
    taken = chats["attendedAt"].notna()
    assert (
        times["taken_in_hours"][taken.to_numpy()].astype(bool).tolist() == in_hours(chats["attendedAt"])[taken].tolist()
    )

    took = (chats["attendedAt"] - chats["createdAt"]).dt.total_seconds()
    by_business = business(chats["attendedAt"]) - business(chats["createdAt"])
    outside = by_business.eq(0) & (took.gt(0) | ~in_hours(chats["createdAt"]))
    by_day = outside[taken].groupby(chats["createdAt"][taken].dt.normalize()).agg(["sum", "mean"])
    found = mart(
        desk,
        "SELECT day, outside_hours, outside_hours_share FROM marts.first_response_by_day"
        " WHERE measured > 0 ORDER BY day",
    )
    assert found["outside_hours"].tolist() == by_day["sum"].tolist()
    assert np.allclose(found["outside_hours_share"], by_day["mean"], atol=0.00006)
    assert CLOSES - OPENS == 10 * 3600
