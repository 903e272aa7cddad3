"""examples/analysis.ipynb, run as an analyst runs it, over a file that a sync has made."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from huggy_connector.cli import main
from huggy_connector.pipeline import Pipeline
from huggy_connector.report.i18n import Translations
from huggy_connector.report.queries import read_figures
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from huggy_connector.warehouse.read import queries
from tests.integration.conftest import LONGEST
from tests.sizes import FULL

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOK, IN_PORTUGUESE = EXAMPLES / "analysis.ipynb", EXAMPLES / "analysis.pt-BR.ipynb"
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


def client(folder: Path, file: Path = NOTEBOOK) -> NotebookClient:
    """Runs the notebook where the file is found as a user's is: by name, in its folder."""
    notebook = nbformat.read(file, as_version=4)
    return NotebookClient(notebook, timeout=LONGEST, resources={"metadata": {"path": str(folder)}})


@pytest.fixture(scope="module")
def cells(warehouse: Path) -> list[Any]:
    """Those of code, with their outputs."""
    return [cell for cell in client(warehouse.parent).execute().cells if cell.cell_type == "code"]


@pytest.mark.parametrize("file", [NOTEBOOK, IN_PORTUGUESE], ids=["en", "pt-BR"])
def test_it_is_stored_without_outputs(file: Path) -> None:
    stored = [cell for cell in nbformat.read(file, as_version=4).cells if cell.cell_type == "code"]
    assert [(cell.outputs, cell.execution_count) for cell in stored] == [([], None)] * len(stored)


def test_every_cell_runs_and_shows_a_sentence_and_a_plot_and_no_complaint(cells: list[Any]) -> None:
    shown = [[min(output.get("data", {"text": ""})) for output in cell.outputs] for cell in cells]
    table, plot = ["text/markdown", "text/html"], ["text/markdown", "image/png"]
    assert shown == [[], table, *[plot] * 7]
    assert [cell.execution_count for cell in cells] == list(range(1, 10))


def test_the_figures_in_the_sentences_are_those_of_plain_sql(cells: list[Any], warehouse: Path) -> None:
    def figures(question: str) -> list[str]:
        return [str(value) for value in queries.query(warehouse, question).rows[0]]

    told = read_sentences(cells)
    assert told[0][0] == "800"
    assert told[1] == figures(f"""
        SELECT count(*), round(100 * count(*) FILTER (channel = (
                   SELECT channel FROM marts.chat_times WHERE {SPAN} GROUP BY ALL ORDER BY count(*) DESC LIMIT 1
               )) / count(*))::INTEGER,
               (SELECT count(*) FROM marts.chat_times WHERE {SPAN} GROUP BY day ORDER BY 1 DESC LIMIT 1)
        FROM marts.chat_times WHERE {SPAN}
    """)
    assert told[3] == figures(f"""
        SELECT {tenths("quantile_cont(first_response_business_seconds, 0.5) / 60")},
               {tenths("quantile_cont(first_response_business_seconds, 0.9) / 60")}
        FROM marts.chat_times WHERE {SPAN}
    """)
    assert told[4] == figures(f"""
        SELECT {tenths("quantile_cont(epoch(closed_at) - epoch(created_at), 0.5) / 60")},
               {tenths("quantile_cont(epoch(closed_at) - epoch(created_at), 0.9) / 60", unit=60)}
        FROM (SELECT *, created_at_local::DATE AS day FROM chats)
        WHERE (attended_at IS NOT NULL OR agent_id IS NOT NULL) AND {SPAN}
            AND situation IN ('finishing', 'filed', 'blocked')
    """)
    assert told[5] == figures(f"""
        SELECT count(*) FILTER (is_open),
               count(*) FILTER (is_open AND agent_id IS NULL AND situation IN ('wait_for_chat', 'queue', 'in_queue')),
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


def tenths(minutes: str, *, unit: int = 1) -> str:
    """SQL of a text: minutes with the two decimals of the marts, in this unit with at most one; half is rounded up."""
    shown = f"round((round(({minutes})::DECIMAL(38, 9), 2)::DOUBLE / {unit})::DECIMAL(38, 9), 1)"
    return f"regexp_replace({shown}::VARCHAR, '\\.?0+$', '')"


def read_sentences(cells: list[Any]) -> list[list[str]]:
    """The bold figures of each sentence, without separators and units."""
    says = [re.findall(r"\*\*([^*]+)\*\*", _sentence(cell)) for cell in cells[1:]]
    return [[re.sub(r"[^\d.]", "", figure) for figure in each] for each in says]


def test_the_notebook_the_report_and_the_command_give_the_same_figures(
    cells: list[Any], warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zone = Settings().zone
    (company,) = read_figures(warehouse, now=datetime.now(UTC), zone=zone, requests_per_second=20).companies
    totals, span, morning, words = company.spans[0].totals, company.spans[0], company.morning, Translations("en")
    assert morning is not None

    def write(value: float | None, digits: int = 0) -> str:
        return words.number(value or 0, digits).replace(",", "")

    told = read_sentences(cells)
    assert told[1][0] == write(totals.chats)
    assert told[3] == [
        write(totals.median_first_response_business_minutes, 1),
        write(totals.p90_first_response_business_minutes, 1),
    ]
    assert told[4][0] == write(totals.median_resolution_minutes, 1)
    assert told[5] == [write(value) for value in (morning.open.total, morning.open.waiting, abs(span.backlog_change))]

    question = "SELECT figure, value, mean, change FROM marts.days_compared WHERE days_ago = 1"
    assert main(["query", question, "--json", "--warehouse", str(warehouse)]) == 0
    rows = {row.pop("figure"): row for row in json.loads(capsys.readouterr().out)["rows"]}
    assert rows == {
        each.figure: {"value": each.value, "mean": each.mean, "change": each.change}
        for each in morning.yesterday.figures
    }


@pytest.mark.proof
@pytest.mark.skipif(not FULL, reason="runs the notebook once more: only at full size, by make proof")
def test_the_notebook_in_portuguese_has_the_same_figures(cells: list[Any], warehouse: Path) -> None:
    executed = client(warehouse.parent, IN_PORTUGUESE).execute().cells
    told = read_sentences([cell for cell in executed if cell.cell_type == "code"])
    # Days and separators are written otherwise in the other language.
    assert [[figure.replace(".", "") for figure in each] for each in told[1:]] == [
        [figure.replace(".", "") for figure in each] for each in read_sentences(cells)[1:]
    ]


def test_where_there_is_nothing_to_show_it_stops_with_a_sentence(tmp_path: Path) -> None:
    synced(tmp_path, Options(chats=0, contacts=20, limit=0))
    with pytest.raises(CellExecutionError, match="Agents closed no chat in the last 30 complete days"):
        client(tmp_path).execute()


def _sentence(cell: Any) -> str:
    return str(cell.outputs[0]["data"]["text/markdown"])
