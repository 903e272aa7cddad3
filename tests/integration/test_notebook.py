"""examples/analysis.ipynb, run as an analyst runs it, over a file that a sync has made."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from huggy_connector.pipeline import Pipeline
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from huggy_connector.warehouse.read import queries
from tests.integration.conftest import LONGEST

NOTEBOOK = Path(__file__).parents[2] / "examples" / "analysis.ipynb"
SPAN = "day >= (SELECT max(day) - 30 FROM marts.as_of) AND day < (SELECT max(day) FROM marts.as_of)"
CLOSED_SPAN = SPAN.replace("day >=", "closed_day >=").replace("day <", "closed_day <")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two months of a small desk."""
    return synced(tmp_path_factory.mktemp("desk"), Options(chats=800, days=60, limit=0))


def synced(folder: Path, options: Options) -> Path:
    """The file of an account, in the folder."""
    with Sandbox(options) as account:
        settings = Settings(
            base_url=account.url,
            auth_url=account.auth_url,
            access_token=account.token,
            landing=str(folder / "landing"),
            warehouse=str(folder / "huggy.duckdb"),
            state=str(folder / "state"),
            requests_per_second=10_000,
            report=False,
        )
        Pipeline(settings).sync(idempotency_key="test")
    return folder / "huggy.duckdb"


def client(folder: Path) -> NotebookClient:
    """Runs the notebook where the file is found as a user's is: by name, in its folder."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    return NotebookClient(notebook, timeout=LONGEST, resources={"metadata": {"path": str(folder)}})


@pytest.fixture(scope="module")
def cells(warehouse: Path) -> list[Any]:
    """Those of code, with their outputs."""
    return [cell for cell in client(warehouse.parent).execute().cells if cell.cell_type == "code"]


def test_it_is_stored_without_outputs() -> None:
    stored = [cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    assert [(cell.outputs, cell.execution_count) for cell in stored] == [([], None)] * len(stored)


def test_every_cell_runs_and_shows_a_sentence_and_a_plot_and_no_complaint(cells: list[Any]) -> None:
    shown = [[min(output.get("data", {"text": ""})) for output in cell.outputs] for cell in cells]
    table, plot = ["text/markdown", "text/html"], ["text/markdown", "image/png"]
    assert shown == [[], table, *[plot] * 7]
    assert [cell.execution_count for cell in cells] == list(range(1, 10))


def test_the_figures_in_the_sentences_are_those_of_plain_sql(cells: list[Any], warehouse: Path) -> None:
    def figures(question: str) -> list[str]:
        return [str(value) for value in queries.query(warehouse, question).rows[0]]

    says = [re.findall(r"\*\*([^*]+)\*\*", _sentence(cell)) for cell in cells[1:]]
    told = [[re.sub(r"[^\d.]", "", figure) for figure in each] for each in says]
    assert told[0][0] == "800"
    assert told[1] == figures(f"""
        SELECT count(*), round(100 * count(*) FILTER (channel = (
                   SELECT channel FROM marts.chat_times WHERE {SPAN} GROUP BY ALL ORDER BY count(*) DESC LIMIT 1
               )) / count(*))::INTEGER,
               (SELECT count(*) FROM marts.chat_times WHERE {SPAN} GROUP BY day ORDER BY 1 DESC LIMIT 1)
        FROM marts.chat_times WHERE {SPAN}
    """)
    assert told[3] == figures(f"""
        SELECT format('{{:.1f}}', quantile_cont(first_response_business_seconds, 0.5) / 60),
               format('{{:.1f}}', quantile_cont(first_response_business_seconds, 0.9) / 60)
        FROM marts.chat_times WHERE {SPAN}
    """)
    assert told[4] == figures(f"""
        SELECT format('{{:.0f}}', quantile_cont(epoch(closed_at) - epoch(created_at), 0.5) / 60),
               format('{{:.1f}}', quantile_cont(epoch(closed_at) - epoch(created_at), 0.9) / 3600)
        FROM (SELECT *, created_at_local::DATE AS day FROM chats)
        WHERE (attended_at IS NOT NULL OR agent_id IS NOT NULL) AND {SPAN}
            AND situation IN ('finishing', 'filed', 'blocked')
    """)
    assert told[5] == figures(f"""
        SELECT count(*) FILTER (is_open),
               count(*) FILTER (is_open AND handled_by IS NULL AND situation IS DISTINCT FROM 'auto'),
               abs(count(*) FILTER ({SPAN}) - count(*) FILTER ({CLOSED_SPAN}))
        FROM marts.chat_times
    """)
    assert told[6] == figures(f"""
        SELECT count(*), sum(chats)::BIGINT, max(chats)
        FROM (SELECT count(*) AS chats FROM marts.chat_times WHERE agent_id IS NOT NULL AND {SPAN} GROUP BY agent_id)
    """)
    assert told[7] == figures(f"""
        SELECT round(100 * count(*) FILTER (EXISTS (
                   FROM chats AS b WHERE b.contact_id = t.contact_id
                   AND (b.created_at, b.id) < (t.created_at, t.chat_id)
                   AND b.closed_at BETWEEN t.created_at - INTERVAL 7 DAY AND t.created_at
               ) AND NOT EXISTS (
                   FROM marts.chat_times AS b WHERE b.contact_id = t.contact_id
                   AND (b.created_at, b.chat_id) < (t.created_at, t.chat_id)
                   AND (b.is_open OR b.closed_at_local > t.created_at_local)
               )) / count(*))::INTEGER
        FROM marts.chat_times AS t WHERE contact_id IS NOT NULL AND {SPAN}
    """)


def test_where_there_is_nothing_to_show_it_stops_with_a_sentence(tmp_path: Path) -> None:
    synced(tmp_path, Options(chats=0, contacts=20, limit=0))
    with pytest.raises(CellExecutionError, match="Agents closed no chat in the last 30 complete days"):
        client(tmp_path).execute()


def _sentence(cell: Any) -> str:
    return str(cell.outputs[0]["data"]["text/markdown"])
