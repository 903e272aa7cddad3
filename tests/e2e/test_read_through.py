"""Analysts query while a whole DAG run lands and publishes."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.reader import reading

if TYPE_CHECKING:
    from tests.e2e.conftest import Desk

QUERY = """
    SELECT
        (SELECT max(version) FROM meta.publishes),
        (SELECT count(*) FROM chats) = (SELECT rows FROM meta.freshness WHERE resource = 'chats')
        AND (SELECT count(*) FROM chats) = (SELECT sum(chats) FROM marts.chats_by_day)
        AND (SELECT max(version) FROM meta.quality) = (SELECT max(version) FROM meta.publishes)
"""
"""Tables, marts and the audit are of one version."""


def test_a_reader_sees_no_error_and_no_mixture_during_a_whole_run(desk: "Desk", tmp_path: Path) -> None:
    warehouse = tmp_path / "read.duckdb"
    body = {
        "connection_id": "huggy_read_through",
        "conn_type": "huggy",
        "host": desk.account.url,
        "password": desk.account.token,
        "extra": json.dumps({"landing": str(tmp_path / "landing"), "warehouse": str(warehouse)}),
    }
    desk.airflow.call("POST", "/connections", body)
    desk.airflow.switch_on("read_through")
    first = desk.airflow.trigger("read_through")
    assert desk.airflow.wait_for_run("read_through", first) == "success"
    with reading(warehouse, QUERY, least=101, pause=0.1) as seen:
        again = desk.airflow.trigger("read_through")
        assert desk.airflow.wait_for_run("read_through", again) == "success"
    assert (seen.errors, seen.mixtures) == ((), 0)
    assert len(seen.versions) > 1
    assert seen.asked > 100
