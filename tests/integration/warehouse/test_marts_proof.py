"""Figures computed another way, and the file in other versions of DuckDB and through other clients."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from huggy_connector.catalogue import RESOURCES
from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.data.message_generator import MessageGenerator
from huggy_connector.sandbox.options import Options
from huggy_connector.warehouse import BusinessCalendar, list_tables
from huggy_connector.warehouse.read.dictionary import list_macros
from tests.sizes import FULL

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

at_full_size = pytest.mark.skipif(not FULL, reason="installs other versions: only at full size, by make proof")
OPENS, CLOSES = 8 * 3600, 18 * 3600

ASK = """
import datetime, duckdb, hashlib, json, sys
file, questions = sys.argv[1], json.load(sys.stdin)
def told(value):
    return f"{value:.9g}" if isinstance(value, float) else str(value)
answers = {}
with duckdb.connect(file, read_only=True) as opened:
    opened.execute("SET TimeZone = 'UTC'")
    for question in questions["opened"]:
        rows = sorted("|".join(map(told, row)) for row in opened.execute(question).fetchall())
        answers[question] = [len(rows), hashlib.sha256("\\n".join(rows).encode()).hexdigest()]
with duckdb.connect() as other:
    other.execute("SET TimeZone = 'UTC'")
    other.execute(f"ATTACH '{file}' AS other_name (READ_ONLY)")
    for question, attached in questions["attached"].items():
        rows = sorted("|".join(map(told, row)) for row in other.execute(attached).fetchall())
        assert answers[question] == [len(rows), hashlib.sha256("\\n".join(rows).encode()).hexdigest()], question
print(json.dumps(answers))
"""


def filled(desk: Desk, chats: int, *, days: int | None = None) -> Desk:
    account = Account(Options(chats=chats, days=days, odd_situations=0.01))
    for start in range(0, chats, 20_000):
        rows = [account.chats.record(row) for row in range(start, min(start + 20_000, chats))]
        desk.land(rows, minute=start / 20_000, mode="incremental")
    desk.land([account.contacts.record(row) for row in range(account.contacts.initial_count)], resource="contacts")
    desk.land(account.desk.agents, resource="agents")
    desk.land([{"id": each.id, "name": each.name} for each in account.desk.departments], resource="departments")
    desk.load()
    return desk


def received(desk: Desk, resource: str) -> pd.DataFrame:
    """The rows as they were received, from the landing's JSON alone."""
    parts = sorted(desk.root.glob(f"*/{resource}/*/part-*.parquet"))
    texts = [text for part in parts for text in pq.read_table(part, columns=["raw"]).column("raw").to_pylist()]
    return pd.DataFrame([json.loads(text) for text in texts])


def raw(desk: Desk) -> pd.DataFrame:
    """The chats as they were received."""
    frame = received(desk, "chats")
    frame["id"] = frame["id"].astype("int64")
    for key in ("createdAt", "attendedAt", "closedAt"):
        frame[key] = pd.to_datetime(frame[key].replace("", None), format="%Y-%m-%d %H:%M:%S", errors="coerce")
    return frame.set_index("id").sort_index()


def business(times: pd.Series[Any]) -> pd.Series[Any]:
    """Seconds of business from the year 2010 up to each local time."""
    holidays = list(BusinessCalendar().holidays(2010, 2030))
    known = times.dropna()
    days = known.to_numpy().astype("datetime64[D]")
    before = np.busday_count(np.datetime64("2010-01-01"), days, holidays=holidays) * (CLOSES - OPENS)
    since = (known - known.dt.normalize()).dt.total_seconds().clip(OPENS, CLOSES) - OPENS
    return pd.Series(before + since * np.is_busday(days, holidays=holidays), index=known.index).reindex(times.index)


def mart(desk: Desk, question: str) -> pd.DataFrame:
    import duckdb

    with duckdb.connect(str(desk.warehouse), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(question).df()


@pytest.mark.proof
def test_queue_wait_resolution_and_handling_computed_by_pandas_from_the_raw_json_agree_to_the_second(
    desk: Desk,
) -> None:
    filled(desk, 100_000 if FULL else 1_500)
    chats = raw(desk)
    closed = chats["closedAt"].where(~chats["situation"].isin(["auto", "wait_for_chat", "in_chat"]))
    spans = {
        "queue": (chats["createdAt"], chats["attendedAt"]),
        "resolution": (chats["createdAt"], closed),
        "handling": (chats["attendedAt"], closed),
    }
    wanted = pd.DataFrame(index=chats.index)
    for name, (begin, end) in spans.items():
        wanted[f"{name}_seconds"] = (end - begin).dt.total_seconds()
        wanted[f"{name}_business_seconds"] = business(end) - business(begin)
    columns = ", ".join(wanted.columns)
    found = mart(desk, f"SELECT chat_id AS id, {columns} FROM marts.chat_times").set_index("id").sort_index()
    pd.testing.assert_frame_equal(found.astype(float), wanted.astype(float), check_names=False)

    by_day = wanted.assign(day=chats["createdAt"].dt.normalize()).groupby("day")
    medians = by_day[["queue_seconds", "queue_business_seconds"]].median() / 60
    daily = mart(
        desk,
        "SELECT day, median_minutes, median_business_minutes, chats FROM marts.queue_wait_by_day ORDER BY day",
    ).set_index("day")
    assert daily["chats"].tolist() == by_day.size().tolist()
    assert np.allclose(daily[["median_minutes", "median_business_minutes"]], medians, atol=0.0051, equal_nan=True)
    assert mart(desk, "SELECT sum(chats) AS chats FROM marts.chats_by_day")["chats"].tolist() == [len(chats)]


def conversed(desk: Desk, account: Account) -> list[str]:
    """Lands an account with all messages of its chats. Some agents have left. Who wrote each message, by its id."""
    rows = range(account.chats.initial_count)
    desk.land([account.chats.record(row) for row in rows], minute=0)
    desk.land(account.desk.agents[::2], resource="agents")
    for resource in ("contacts", "departments"):
        desk.land([], resource=resource)
    said = [message for row in rows for message in account.chats.messages(row, events=True)]
    desk.land(said, resource="messages", mode="window", minute=600 * 24 * 60)
    desk.load()
    generator = MessageGenerator(account.options, account.desk, account.contacts)
    return [line.speaker for row in rows for line in generator.lines(row, account.chats.lifecycles.state(row))]


def number(values: pd.Series[Any], *path: str) -> pd.Series[Any]:
    """The number at this path of JSON objects; NaN where there is none."""
    for key in path:
        values = values.map(lambda value, key=key: value.get(key) if isinstance(value, dict) else None)
    return pd.to_numeric(values, errors="coerce")


def spoken(desk: Desk, chats: pd.DataFrame) -> pd.DataFrame:
    """The messages by id with chat, time and who spoke, by the sentences of docs/speakers.md."""
    told = received(desk, "messages").set_index("id").sort_index()
    told["chat_id"] = number(told["chat"], "id").astype("int64")
    told["sent"] = pd.to_datetime(told["sendAt"].fillna(told["send_at"]))
    sender, word = number(told["sender"], "id"), told["senderType"]
    listed = {*number(received(desk, "agents")["id"]), *number(chats["agentId"]).dropna()}
    listed |= {int(agent["id"]) for agents in chats["agents"] for agent in agents}
    customer = number(told["customer"], "id").fillna(told["chat_id"].map(number(chats["contactId"])))
    in_agents, is_customer = sender.isin(listed), sender.eq(customer)
    told["who"] = "contact"
    told.loc[in_agents & (~is_customer | word.eq("agent")), "who"] = "agent"
    told.loc[~in_agents & ~is_customer & word.isin(["agent", "virtual_agent"]), "who"] = "bot"
    told.loc[told["type"].eq("internalEvent"), "who"] = "event"
    assert not (sender.notna() & ~in_agents & ~is_customer & ~word.isin(["agent", "virtual_agent"])).any()
    return told


def replies(said: pd.DataFrame, chats: pd.Index) -> pd.DataFrame:
    """The replies of each chat, of messages of customers and agents: chat_id, at, who. By the sentences of the mart."""
    said = said.sort_values(["chat_id", "at", "id"])
    turns = said[said["who"].ne(said.groupby("chat_id")["who"].shift())].copy()
    turns["replied"] = turns.groupby("chat_id")["at"].shift(-1)
    turns["is_next"] = turns.groupby("chat_id").cumcount().gt(0)
    waits = turns[turns["who"].eq("contact") & turns["replied"].notna()]
    waits = waits.assign(
        seconds=(waits["replied"] - waits["at"]).dt.total_seconds(),
        business_seconds=business(waits["replied"]) - business(waits["at"]),
    )
    of_all, of_next = waits.groupby("chat_id"), waits[waits["is_next"]].groupby("chat_id")
    wanted = pd.DataFrame(index=chats)
    for name, groups in (("replies", of_all), ("next_replies", of_next)):
        wanted[name] = groups.size().reindex(chats, fill_value=0)
    for clock in ("seconds", "business_seconds"):
        wanted[f"reply_{clock}_total"] = of_all[clock].sum()
        wanted[f"next_reply_{clock}_total"] = of_next[clock].sum()
        wanted[f"next_reply_median_{clock}"] = of_next[clock].median()
        wanted[f"next_reply_max_{clock}"] = of_next[clock].max()
    return wanted.where(pd.Series(chats.isin(said["chat_id"]), index=chats))


@pytest.mark.proof
def test_who_spoke_and_the_first_response_computed_by_pandas_from_the_raw_json_agree(desk: Desk) -> None:
    options = Options(
        chats=20_000 if FULL else 400,
        contacts=40 if FULL else 20,
        bots_as_agents=0.4,
        absent_customers=0.3,
        same_ids=True,
        now="2026-11-20T14:00:00",
    )
    truth = conversed(desk, Account(options))
    chats = raw(desk)
    told = spoken(desk, chats)
    found = mart(
        desk, "SELECT message_id AS id, speaker, sender_id = contact_id AS same FROM message_speakers ORDER BY 1"
    )
    assert found["speaker"].tolist() == told["who"].tolist() == truth
    assert {"agent", "contact"} <= set(found["speaker"][found["same"].fillna(value=False)])

    told = told.join(chats["createdAt"], on="chat_id")
    answers = told[told["who"].eq("agent") & told["sent"].ge(told["createdAt"])]
    first = answers.groupby("chat_id")["sent"].min().reindex(chats.index)
    wanted = pd.DataFrame(
        {
            "first_response_seconds": (first - chats["createdAt"]).dt.total_seconds(),
            "first_response_business_seconds": business(first) - business(chats["createdAt"]),
        }
    )
    times = mart(desk, f"SELECT chat_id AS id, {', '.join(wanted.columns)} FROM marts.chat_times")
    pd.testing.assert_frame_equal(
        times.set_index("id").sort_index().astype(float), wanted.astype(float), check_names=False
    )
    visible = told[
        told["who"].isin(["contact", "agent", "bot"]) & ~(told["isInternal"].eq(True) & told["who"].ne("contact"))
    ]
    counts = pd.crosstab(visible["chat_id"], visible["who"]).reindex(chats.index)
    in_charge = number(chats["agentId"]).map(lambda agent: set() if pd.isna(agent) else {agent})
    agents = pd.Series(
        [{agent["id"] for agent in listed} | one for listed, one in zip(chats["agents"], in_charge, strict=True)],
        index=chats.index,
    )
    efforts = pd.DataFrame({f"{who}_messages": counts[who] for who in ("contact", "agent", "bot")})
    efforts["agents"] = agents.map(len)
    efforts["handoffs"] = (efforts["agents"] - 1).clip(lower=0)
    is_closed = chats["situation"].isin(["finishing", "filed", "blocked"])
    has_agent = efforts["agents"].gt(0) | chats["attendedAt"].notna()
    one_touch = efforts["agent_messages"].eq(1) & efforts["handoffs"].eq(0)
    efforts["is_one_touch"] = one_touch.where(is_closed & has_agent & efforts["agent_messages"].notna())
    found = mart(desk, f"SELECT chat_id AS id, {', '.join(efforts.columns)} FROM marts.chat_times ORDER BY 1")
    pd.testing.assert_frame_equal(
        found.set_index("id").astype("Float64"), efforts.astype("Float64"), check_names=False, check_dtype=False
    )
    at = told["sent"].where(told["sent"].ge(told["createdAt"]), told["createdAt"])
    said = told.assign(at=at).loc[told["who"].eq("contact") | answers.index.to_series().reindex(told.index).notna()]
    said = said[~(said["isInternal"].eq(True) & said["who"].eq("agent"))]
    wanted = replies(said.rename_axis("id").reset_index(), chats.index)
    found = mart(desk, f"SELECT chat_id AS id, {', '.join(wanted.columns)} FROM marts.chat_times ORDER BY 1")
    pd.testing.assert_frame_equal(found.set_index("id").astype(float), wanted.astype(float), check_names=False)
    assert wanted["next_replies"].sum() > len(chats) / 4
    locally = mart(desk, "SELECT first_response_at_local AS at FROM marts.chat_times ORDER BY chat_id")["at"]
    assert locally.astype("datetime64[s]").equals(first.reset_index(drop=True).astype("datetime64[s]"))
    volumes = mart(desk, "SELECT day, channel, sender, messages FROM marts.message_volumes_by_day")
    counted = told.groupby([told["sent"].dt.normalize().rename("day"), "channel", "who"]).size()
    assert volumes.set_index(["day", "channel", "sender"])["messages"].to_dict() == counted.to_dict()


def environment(tmp_path: Path, *packages: str) -> Path:
    """The Python of a fresh environment with these packages."""
    uv = Path(sys.executable).with_name("uv")
    place = tmp_path / "venv"
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, place], check=True)
    python = place / "bin" / "python"
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *packages], check=True)
    return python


def questions() -> dict[str, Any]:
    """Each table, view and macro, in the file opened, and in the file attached under another name (no macro is)."""
    attached = {f"SELECT * FROM {table.sql}": f"SELECT * FROM other_name.{table.sql}" for table in list_tables()}
    macros = [f"SELECT * FROM {each.schema}.{each.name}('2026-11-22 12:30:00+00')" for each in list_macros()]
    return {"opened": [*attached, *macros], "attached": attached}


@pytest.mark.proof
@at_full_size
def test_every_table_view_and_macro_gives_the_same_in_four_versions_of_duckdb(desk: Desk, tmp_path: Path) -> None:
    filled(desk, 2_000)
    answers = []
    for version in ("1.2.2", "1.5.6", "2.0.0", "2.0.1"):
        python = environment(tmp_path, f"duckdb=={version}", "pytz")
        done = subprocess.run(
            [python, "-c", ASK, desk.warehouse],
            input=json.dumps(questions()),
            capture_output=True,
            text=True,
            check=True,
        )
        answers.append(json.loads(done.stdout))
    assert answers == [answers[0]] * 4
    assert answers[0][f"SELECT * FROM {next(t.sql for t in list_tables() if t.name == 'chat_times')}"][0] == 2_000
    assert set(RESOURCES) <= {table.name for table in list_tables()}


SQLALCHEMY = """
import sys
from sqlalchemy import create_engine, inspect, text
engine = create_engine("duckdb:///" + sys.argv[1], connect_args={"read_only": True})
print(sorted(inspect(engine).get_view_names(schema="marts"))[0])
with engine.connect() as connection:
    for title in sys.argv[2:]:
        connection.execute(text(f"SELECT * FROM {title}")).fetchall()
    print(connection.execute(text("SELECT sum(chats) FROM marts.chats_by_day")).scalar())
"""
NODE = """
const { DuckDBInstance } = require("@duckdb/node-api");
(async () => {
  const instance = await DuckDBInstance.create(process.argv[2], { access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  for (const title of process.argv.slice(3)) await (await connection.runAndReadAll(`SELECT * FROM ${title}`)).getRows();
  const read = await connection.runAndReadAll("SELECT sum(chats)::INTEGER FROM marts.chats_by_day");
  console.log(read.getRows()[0][0]);
})();
"""


@pytest.mark.proof
@at_full_size
def test_every_table_and_view_is_read_through_sqlalchemy(desk: Desk, tmp_path: Path) -> None:
    filled(desk, 2_000)
    python = environment(tmp_path, "duckdb==1.5.6", "duckdb-engine", "sqlalchemy<2.1", "pytz")
    titles = [table.sql for table in list_tables()]
    done = subprocess.run(
        [python, "-W", "ignore", "-c", SQLALCHEMY, desk.warehouse, *titles], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["agent_performance", "2000"]


@pytest.mark.proof
@at_full_size
def test_every_table_and_view_is_read_through_the_client_of_node(desk: Desk, tmp_path: Path) -> None:
    filled(desk, 2_000)
    folder = tmp_path / "node"
    folder.mkdir()
    (folder / "read.js").write_text(NODE)
    subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", "@duckdb/node-api"], cwd=folder, check=True
    )
    titles = [table.sql for table in list_tables()]
    done = subprocess.run(
        ["node", "read.js", desk.warehouse, *titles], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["2000"]
