"""Who may see which company: whoever may read a DAG that loaded it, as Airflow's auth manager says."""

import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.report import Beside

with warnings.catch_warnings(action="ignore"):  # of Airflow's own libraries, while they are imported
    from airflow.api_fastapi import app as airflow_app
    from airflow.api_fastapi.core_api.security import get_user
    from starlette.testclient import TestClient

    from huggy_connector.airflow import pages
    from huggy_connector.airflow.rights import may_see

LOADS = {"north": [4242], "south": [4343], "both": [4242, 4343], "other": []}
"""Which companies each DAG has loaded. 4444 was loaded by one that is gone, 4545 by a person who sent an event."""


class Readers:
    """An auth manager to whom a person is the ids of the DAGs that they may read."""

    def get_authorized_dag_ids(self, *, user: Any, method: str) -> set[str]:
        assert method == "GET"
        return set(user) & set(LOADS)  # of DAGs that Airflow knows


@pytest.fixture
def _loads(_database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    def clear(session: Any) -> None:
        """All DAGs and assets, with what other tests have left that refers to them."""
        cleared = {DagModel.__table__, AssetModel.__table__, AssetEvent.__table__}
        tables = DagModel.metadata.sorted_tables
        for table in tables:
            if any(key.column.table in cleared for key in table.foreign_keys):
                cleared.add(table)
        for table in reversed(tables):
            if table in cleared:
                session.execute(delete(table))

    monkeypatch.setattr(airflow_app._AuthManagerState, "instance", Readers())
    with create_session() as session:
        clear(session)
        if not session.get(DagBundleModel, "testing"):
            session.add(DagBundleModel(name="testing"))
            session.flush()
        session.add_all(DagModel(dag_id=dag_id, bundle_name="testing") for dag_id in LOADS)  # type: ignore[no-untyped-call]
        told = [(company, dag_id) for dag_id, companies in LOADS.items() for company in companies]
        for company, dag_id in [*told, (4444, "gone"), (4545, None)]:
            uri = f"huggy://{company}/chats"
            asset = session.query(AssetModel).filter_by(uri=uri).one_or_none()
            if asset is None:
                asset = AssetModel(name=uri, uri=uri, group="asset")
                session.add(asset)
                session.flush()
            session.add(AssetEvent(asset_id=asset.id, source_dag_id=dag_id, extra={}))
    yield
    with create_session() as session:
        clear(session)


@pytest.mark.usefixtures("_loads")
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
def test_a_company_is_seen_by_who_may_read_a_dag_that_loaded_it(reads: set[str], companies: set[int]) -> None:
    every = {4242, 4343, 4444, 4545, 42}
    assert {company for company in every if may_see(reads, [company])} == companies
    assert may_see(reads, every) == (companies == every)
    assert may_see(reads, [])


@pytest.fixture
def page(connected: Path, as_task: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Beside]:
    monkeypatch.setenv("HUGGY_REPORT", "yes")
    HuggyToParquetOperator(task_id="land", resource="contacts").execute(as_task("land"))
    ParquetToDuckDBOperator(task_id="load").execute(as_task("load"))
    yield Beside.of(connected / "desk.duckdb")
    pages.app.dependency_overrides.clear()


def shows(*companies: int, beside: Beside) -> None:
    """The report's figures as if they were of these."""
    told = json.loads(beside.data.read_text())
    one = told["companies"][0]
    beside.data.write_text(json.dumps({**told, "companies": [{**one, "company_id": each} for each in companies]}))
    for language in ("en", "pt-BR"):
        html = beside.page(language)
        html.write_text(html.read_text().replace(f"company-{one['company_id']}", f"company-{companies[0]}"))


def visitor(*reads: str) -> TestClient:
    pages.app.dependency_overrides[get_user] = lambda: set(reads)
    return TestClient(pages.app, follow_redirects=False)


@pytest.mark.usefixtures("_loads")
def test_page_and_files_are_shown_to_who_may_see_every_company_on_them(page: Beside) -> None:
    paths = ("/huggy_default/", f"/huggy_default/{page.page('pt-BR').name}", f"/huggy_default/{page.data.name}")
    shows(4242, beside=page)
    assert [visitor("north").get(path).status_code for path in paths] == [200, 200, 200]
    assert [visitor("south").get(path).status_code for path in paths] == [403, 404, 404]
    shows(4242, 4343, beside=page)
    assert [visitor("north").get(path).status_code for path in paths] == [403, 404, 404]
    assert [visitor("north", "south").get(path).status_code for path in paths] == [200, 200, 200]


@pytest.mark.usefixtures("_loads")
def test_who_may_not_see_a_page_is_told_what_to_do_and_nothing_of_it(page: Beside) -> None:
    shows(4242, beside=page)
    said = visitor("south").get("/huggy_default/", headers={"Accept-Language": "en"}).text
    assert "shows a company of which you may not read a DAG: ask Airflow" in said
    assert ("4242" in said, str(page.warehouse) in said) == (False, False)


@pytest.mark.usefixtures("_loads")
def test_a_page_that_has_a_company_which_the_figures_do_not_name_yet_is_of_that_company_too(page: Beside) -> None:
    shows(4242, beside=page)
    html = page.page("en")
    html.write_text(html.read_text().replace("</main>", '<section id="company-4343"></section></main>'))
    assert [visitor(*reads).get("/huggy_default/").status_code for reads in (["north"], ["both"])] == [403, 200]


@pytest.mark.usefixtures("_loads")
def test_of_several_connections_those_are_listed_whose_page_is_not_closed(
    page: Beside, connect: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shows(4242, beside=page)
    connect("huggy_new", extra={"warehouse": str(tmp_path / "new.duckdb")})
    monkeypatch.setattr(pages, "connections", lambda: ["huggy_default", "huggy_new", "huggy_gone"])
    listed = {reads: visitor(reads).get("/").text for reads in ("north", "south")}
    names = ("huggy_default", "huggy_new", "huggy_gone")
    assert [[name in text for name in names] for text in listed.values()] == [[True, True, True], [False, True, True]]
