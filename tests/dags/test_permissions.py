"""Which user may see which company: a user who may read a DAG that loaded it, as Airflow's auth manager says."""

import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.report import ReportFiles
from tests.dags.internals import set_auth_manager

with warnings.catch_warnings(action="ignore"):  # of Airflow's own libraries, while they are imported
    from airflow.api_fastapi.core_api.security import get_user
    from starlette.testclient import TestClient

    from huggy_connector.airflow.ui import pages
    from huggy_connector.airflow.ui.permissions import may_see

LOADS = {"north": [4242], "south": [4343], "both": [4242, 4343], "other": []}
"""The companies that each DAG has loaded. A deleted DAG has loaded 4444; a person has sent an event of 4545."""


class Readers:
    """An auth manager for which a user is the set of DAG ids that they may read."""

    def get_authorized_dag_ids(self, *, user: Any, method: str) -> set[str]:
        assert method == "GET"
        return set(user) & set(LOADS)  # of DAGs that Airflow knows


@pytest.fixture
def loaded_companies(write_loads: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    set_auth_manager(Readers(), monkeypatch)
    loads = [(company, dag_id) for dag_id, companies in LOADS.items() for company in companies]
    write_loads(LOADS, [*loads, (4444, "gone"), (4545, None)])


@pytest.mark.usefixtures("loaded_companies")
@pytest.mark.parametrize(
    ("reads", "companies"),
    [
        (set(), set()),
        ({"other"}, set()),
        ({"north"}, {4242}),
        ({"north", "other"}, {4242}),
        ({"south"}, {4343}),
        ({"both"}, {4242, 4343}),
        ({"gone"}, set()),
        (set(LOADS), {4242, 4343, 4444, 4545, 42}),
    ],
)
def test_a_user_who_may_read_a_dag_that_loaded_a_company_sees_the_company(reads: set[str], companies: set[int]) -> None:
    every = {4242, 4343, 4444, 4545, 42}
    assert {company for company in every if may_see(reads, [company])} == companies
    assert may_see(reads, every) == (companies == every)
    assert may_see(reads, [])


@pytest.fixture
def page(connected: Path, task_context: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[ReportFiles]:
    monkeypatch.setenv("HUGGY_REPORT", "yes")
    HuggyToParquetOperator(task_id="land", resource="contacts").execute(task_context("land"))
    ParquetToDuckDBOperator(task_id="load").execute(task_context("load"))
    yield ReportFiles.for_warehouse(connected / "desk.duckdb")
    pages.app.dependency_overrides.clear()


def write_companies(*companies: int, beside: ReportFiles) -> None:
    """Write figures and pages as if they were of these companies."""
    figures = json.loads(beside.data_path.read_text())
    one = figures["companies"][0]
    beside.data_path.write_text(
        json.dumps({**figures, "companies": [{**one, "company_id": each} for each in companies]})
    )
    for language in ("en", "pt-BR"):
        html = beside.page_path(language)
        html.write_text(html.read_text().replace(f"company-{one['company_id']}", f"company-{companies[0]}"))


def create_client(*reads: str) -> TestClient:
    pages.app.dependency_overrides[get_user] = lambda: set(reads)
    return TestClient(pages.app, follow_redirects=False)


@pytest.mark.usefixtures("loaded_companies")
def test_page_and_files_are_shown_to_a_user_who_may_see_all_their_companies(page: ReportFiles) -> None:
    paths = (
        "/huggy_default/",
        f"/huggy_default/{page.page_path('pt-BR').name}",
        f"/huggy_default/{page.data_path.name}",
    )
    write_companies(4242, beside=page)
    assert [create_client("north").get(path).status_code for path in paths] == [200, 200, 200]
    assert [create_client("south").get(path).status_code for path in paths] == [403, 404, 404]
    write_companies(4242, 4343, beside=page)
    assert [create_client("north").get(path).status_code for path in paths] == [403, 404, 404]
    assert [create_client("north", "south").get(path).status_code for path in paths] == [200, 200, 200]


@pytest.mark.usefixtures("loaded_companies")
def test_a_user_who_may_not_see_a_page_reads_what_to_do_and_nothing_of_the_page(page: ReportFiles) -> None:
    write_companies(4242, beside=page)
    said = create_client("south").get("/huggy_default/", headers={"Accept-Language": "en"}).text
    assert "shows a company of which you may not read a DAG: ask Airflow" in said
    assert ("4242" in said, str(page.warehouse) in said) == (False, False)


@pytest.mark.usefixtures("loaded_companies")
def test_a_page_belongs_also_to_a_company_that_the_figures_do_not_name_yet(page: ReportFiles) -> None:
    write_companies(4242, beside=page)
    html = page.page_path("en")
    html.write_text(html.read_text().replace("</main>", '<section id="company-4343"></section></main>'))
    assert [create_client(*reads).get("/huggy_default/").status_code for reads in (["north"], ["both"])] == [403, 200]


@pytest.mark.usefixtures("loaded_companies")
def test_only_connections_whose_page_the_user_may_see_are_listed(
    page: ReportFiles, connect: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_companies(4242, beside=page)
    connect("huggy_new", extra={"warehouse": str(tmp_path / "new.duckdb")})
    monkeypatch.setattr(pages, "list_connections", lambda: ["huggy_default", "huggy_new", "huggy_gone"])
    listed = {reads: create_client(reads).get("/").text for reads in ("north", "south")}
    names = ("huggy_default", "huggy_new", "huggy_gone")
    assert [[name in text for name in names] for text in listed.values()] == [[True, True, True], [False, True, True]]


@pytest.mark.usefixtures("loaded_companies")
def test_a_user_who_may_open_none_of_several_connections_reads_what_to_do(
    page: ReportFiles, connect: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_companies(4242, beside=page)
    connect("huggy_two", extra={"warehouse": str(page.warehouse)})
    monkeypatch.setattr(pages, "list_connections", lambda: ["huggy_default", "huggy_two"])
    told = create_client("south").get("/", headers={"Accept-Language": "en"})
    assert (told.status_code, "ask Airflow" in told.text, "huggy_two" in told.text) == (403, True, False)
