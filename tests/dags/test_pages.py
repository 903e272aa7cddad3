"""The pages as the API server has them. The login is replaced here except in one test; tests/e2e has the real one.

Who may see which company is in test_permissions.py.
"""

import json
import re
import shutil
import warnings
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from fastapi import HTTPException

from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.airflow.ui.xcom_lookup import ReturnedXCom
from huggy_connector.errors import Interrupted
from huggy_connector.landing import Landing
from huggy_connector.report import ReportFiles

with warnings.catch_warnings(action="ignore"):  # of Airflow's own libraries, while they are imported
    from airflow.api_fastapi.core_api.security import get_user
    from starlette.testclient import TestClient

    from huggy_connector.airflow.ui import pages


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A client of a user who is logged in and may see every company."""
    pages.app.dependency_overrides[get_user] = lambda: None
    monkeypatch.setattr(pages, "may_see", lambda *_: True)
    yield TestClient(pages.app, follow_redirects=False)
    pages.app.dependency_overrides.clear()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the first load that a test makes: later ones copy it."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
def landed(
    connected: Path, shelf: Path, task_context: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Returns what a landing returned, after a load that has written the report."""
    monkeypatch.setenv("HUGGY_REPORT", "yes")
    returned = shelf / "returned.json"
    if returned.exists():
        shutil.copytree(shelf / "folder", connected, dirs_exist_ok=True)
    else:
        made = HuggyToParquetOperator(task_id="land", resource="contacts").execute(task_context("land"))
        ParquetToDuckDBOperator(task_id="load").execute(task_context("load"))
        shutil.copytree(connected, shelf / "folder")
        returned.write_text(json.dumps(made).replace(str(connected), "{folder}"))
    assert (connected / "desk.report.json").exists()
    landed: dict[str, Any] = json.loads(returned.read_text().replace("{folder}", str(connected)))
    return landed


@pytest.mark.usefixtures("landed")
def test_a_load_makes_the_report_and_the_page_is_in_the_browsers_language(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    monkeypatch.setattr(duckdb, "connect", None)  # no page may open the warehouse
    english, portuguese = (
        client.get("/huggy_default/", headers={"Accept-Language": wish}) for wish in ("de, en;q=0.5", "pt-BR,en;q=0.9")
    )
    assert 'lang="en"' in english.text
    assert 'lang="pt-BR"' in portuguese.text


@pytest.mark.usefixtures("landed")
def test_the_pages_link_to_each_other_and_to_their_figures_and_no_other_file_is_served(client: TestClient) -> None:
    assert 'href="desk.report.pt-BR.html"' in client.get("/huggy_default/").text
    assert 'href="desk.report.en.html"' in client.get("/huggy_default/desk.report.pt-BR.html").text
    assert client.get("/huggy_default/desk.report.json").json()["state"] == "empty"
    for name in ("desk.duckdb", "..%2Fdesk.report.json", "other.report.json"):
        assert client.get(f"/huggy_default/{name}").status_code == 404


def test_of_several_connections_the_page_asks_for_one(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "list_connections", list)
    assert client.get("/").headers["location"] == "/huggy_default/"
    monkeypatch.setattr(pages, "list_connections", lambda: ["huggy_north"])
    assert client.get("/").headers["location"] == "/huggy_north/"
    monkeypatch.setattr(pages, "list_connections", lambda: ["huggy_north", "huggy_south"])
    listed = client.get("/").text
    assert ('<a href="/huggy_north/">huggy_north</a>' in listed, "huggy_default" in listed) == (True, False)


@pytest.mark.usefixtures("landed")
def test_a_page_runs_its_own_script_alone_and_is_framed_by_airflow_alone(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "list_connections", lambda: ["huggy_north", "huggy_south"])
    for path in ("/huggy_default/", "/huggy_default/desk.report.pt-BR.html", "/huggy_nobody/", "/", "/nothing/of/ours"):
        answer = client.get(path)
        policy = dict(each.split(" ", 1) for each in answer.headers["Content-Security-Policy"].split("; "))
        assert {name: policy[name] for name in ("default-src", "frame-ancestors", "base-uri", "form-action")} == {
            "default-src": "'none'",
            "frame-ancestors": "'self'",
            "base-uri": "'none'",
            "form-action": "'none'",
        }
        for element in ("style", "script"):
            texts = re.findall(rf"<{element}>(.*?)</{element}>", answer.text, re.DOTALL)
            allowed = policy.get("style-src-elem" if element == "style" else "script-src", "").split()
            assert [f"'{hash_script(text)}'" for text in texts] == allowed, (path, element)
        assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.usefixtures("landed")
def test_a_script_that_comes_with_the_data_is_not_in_the_policy_of_the_page(
    connected: Path, client: TestClient
) -> None:
    page = ReportFiles.for_warehouse(connected / "desk.duckdb").page_path("en")
    before = client.get("/huggy_default/").headers["Content-Security-Policy"]
    page.write_text(page.read_text().replace("</main>", "<script>alert(1)</script><style>a {}</style></main>"))
    answer = client.get("/huggy_default/")
    assert ("alert(1)" in answer.text, answer.headers["Content-Security-Policy"]) == (True, before)


@pytest.mark.usefixtures("landed")
@pytest.mark.parametrize("hashes", [None, {}, {"style": "sha256-*", "script": "x'; script-src *"}])
def test_figures_without_a_policy_are_of_another_release(connected: Path, client: TestClient, hashes: Any) -> None:
    data = ReportFiles.for_warehouse(connected / "desk.duckdb").data_path
    data.write_text(json.dumps({**json.loads(data.read_text()), "policy": hashes}))
    assert "was made by another release" in read_page(client)
    assert client.get("/huggy_default/desk.report.json").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/huggy_default",
        "/%5Cevil.example",
        "/%2F%2Fevil.example",
        "/tasks",
        "/huggy_default/desk.report.json/",  # FastAPI would lead to the path without its last slash
        "/tasks/huggy_sync/manual/land/0/",
    ],
)
def test_no_redirect_repeats_the_host_of_the_request(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(pages, "list_connections", list)
    place = client.get(path, headers={"Host": "evil.example"}).headers.get("location", "/none")
    assert re.fullmatch(r"/(huggy_default/|%5Cevil.example/|tasks/|none)", place)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("pt", "pt-BR"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt-BR"),
        ("en;q=0.9, pt; q=0.1", "en"),
        ("pt;q=0", "en"),
        ("de, fr;q=x", "en"),
    ],
)
def test_the_browser_chooses_the_language(client: TestClient, accepted: str, language: str) -> None:
    answer = client.get("/huggy_default/", headers={"Accept-Language": accepted})
    assert f'lang="{language}"' in answer.text


def test_nobody_sees_anything_without_a_login(connected: Path) -> None:
    def refused() -> None:
        raise HTTPException(401)

    assert connected.exists()
    pages.app.dependency_overrides[get_user] = refused
    stranger = TestClient(pages.app, follow_redirects=False)
    paths = (
        "/",
        "/huggy_default",
        "/nobody",
        "/huggy_default/",
        "/huggy_default/desk.report.json",
        "/tasks/desk/run-1/land/-1",
    )
    assert {stranger.get(path).status_code for path in paths} == {401}
    pages.app.dependency_overrides.clear()


def test_without_a_report_the_page_says_what_to_do(connected: Path, client: TestClient) -> None:
    assert f"There is no report beside {connected / 'desk.duckdb'} yet." in read_page(client)
    assert f"Ainda não há relatório junto de {connected / 'desk.duckdb'}." in read_page(client, "pt")
    assert list(connected.glob("*.html")) == []


def test_without_the_workers_volume_the_page_says_so(
    connect: Callable[..., None], tmp_path: Path, client: TestClient
) -> None:
    connect(extra={"warehouse": str(tmp_path / "volume" / "desk.duckdb")})
    assert f"There is no folder {tmp_path / 'volume'} on this server" in read_page(client)
    assert f"Não há a pasta {tmp_path / 'volume'} neste servidor" in read_page(client, "pt")


@pytest.mark.usefixtures("landed")
def test_the_page_says_that_a_report_is_of_another_release_until_the_load_is_cleared(
    connected: Path, client: TestClient, task_context: Callable[..., Any]
) -> None:
    data = ReportFiles.for_warehouse(connected / "desk.duckdb").data_path
    data.write_text(json.dumps({**json.loads(data.read_text()), "format": 0}))
    assert "was made by another release" in read_page(client)
    ParquetToDuckDBOperator(task_id="load").execute(task_context("load"))
    assert "made by another release" not in read_page(client)


def test_an_absent_connection_is_named(client: TestClient) -> None:
    answer = client.get("/huggy_acme/")
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "There is no connection 'huggy_acme' of type Huggy, or its settings are wrong: press its Test button.",
    )


def test_a_connection_of_another_type_shows_nothing(client: TestClient, connect: Callable[..., None]) -> None:
    connect("aws_default", conn_type="aws", password="s3cr3t", extra={"aws_secret_access_key": "s3cr3t"})
    connect("huggy_odd", extra={"unknown": "s3cr3t", "api_version": "v9"})
    for conn_id in ("aws_default", "huggy_odd"):
        for path in (f"/{conn_id}/", f"/{conn_id}/desk.report.json"):
            answer = client.get(path)
            assert (answer.status_code, "s3cr3t" in answer.text, "v9" in answer.text) == (404, False, False)


@pytest.fixture
def xcom_client(client: TestClient) -> TestClient:
    """A client of a user who may also see what tasks return."""
    for route in pages.app.routes:
        for each in getattr(route, "dependencies", []):
            pages.app.dependency_overrides[each.dependency] = lambda: None
    return client


def test_a_tasks_tab_shows_what_it_did_and_the_manifest(
    landed: dict[str, Any], xcom_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "read_returned_xcom", lambda *_: ReturnedXCom(landed))
    said = xcom_client.get("/tasks/desk/run-1/land/-1").text
    assert f"<dt>unique_ids</dt><dd>{landed['unique_ids']}</dd>" in said
    assert 'href="/huggy_default/"' in said
    assert "&#34;certificate&#34;" in said
    assert "&#34;state&#34;: {}" in said


@pytest.mark.parametrize("landing", ["/etc", "s3://neighbour/landing", "file:///etc", None])
def test_the_landing_of_an_xcom_is_read_only_if_it_is_the_connections(
    landed: dict[str, Any], xcom_client: TestClient, monkeypatch: pytest.MonkeyPatch, landing: str | None
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(Landing, "open", lambda place, **_: opened.append(place))
    monkeypatch.setattr(pages, "read_returned_xcom", lambda *_: ReturnedXCom({**landed, "landing": landing}))
    said = xcom_client.get("/tasks/desk/run-1/land/-1").text
    assert (opened, "certificate" in said, "unique_ids" in said) == ([], False, True)


def test_the_manifest_of_a_company_that_the_user_may_not_see_is_left_out(
    landed: dict[str, Any], xcom_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(pages, "read_returned_xcom", lambda *_: ReturnedXCom(landed))
    monkeypatch.setattr(pages, "may_see", lambda _, companies: asked.append([*companies]))
    assert "certificate" not in xcom_client.get("/tasks/desk/run-1/land/-1").text
    assert asked == [[landed["company_id"]]]


def test_the_tab_of_a_task_that_is_not_ours_says_so(xcom_client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "read_returned_xcom", lambda *_: None)
    assert "This task does not belong to huggy_connector" in xcom_client.get("/tasks/desk/run-1/other/{MAP_INDEX}").text


@pytest.mark.usefixtures("landed")
def test_a_report_that_failed_is_written_by_the_next_load_although_nothing_is_new(
    connected: Path, task_context: Callable[..., Any]
) -> None:
    places = ReportFiles.for_warehouse(connected / "desk.duckdb")
    whole = places.data_path.read_text()
    made = places.page_path("en").stat().st_mtime_ns
    ParquetToDuckDBOperator(task_id="load").execute(task_context("load"))
    assert places.page_path("en").stat().st_mtime_ns == made
    places.data_path.write_text(json.dumps({**json.loads(whole), "version": 0}))  # the worker died after the swap
    ParquetToDuckDBOperator(task_id="load").execute(task_context("load"))
    assert json.loads(places.data_path.read_text())["version"] == json.loads(whole)["version"]
    assert places.page_path("en").stat().st_mtime_ns > made


def test_a_load_stops_while_it_writes_the_report(
    connected: Path, task_context: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop_task(*_: Any, **__: Any) -> str:
        raise Interrupted("Airflow ended this task.")

    monkeypatch.setenv("HUGGY_REPORT", "yes")
    monkeypatch.setattr("huggy_connector.report.write.render_page", stop_task)
    HuggyToParquetOperator(task_id="land", resource="contacts").execute(task_context("land"))
    with pytest.raises(Interrupted):
        ParquetToDuckDBOperator(task_id="load").execute(task_context("load"))
    assert (connected / "desk.duckdb").exists()


def test_a_report_that_cannot_be_written_is_a_warning_and_the_load_succeeds(
    connected: Path, task_context: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUGGY_REPORT", "yes")
    monkeypatch.setattr("huggy_connector.report.write.render_page", lambda *_, **__: 1 / 0)
    HuggyToParquetOperator(task_id="land", resource="contacts").execute(task_context("land"))
    told: list[str] = []
    load = ParquetToDuckDBOperator(task_id="load", on_alert=lambda context: told.append(context["huggy_alert"]))
    assert load.execute(task_context("load"))["published"] is True
    assert told == ["The warehouse is published, but the report beside it could not be made: ZeroDivisionError."]
    assert (connected / "desk.duckdb").exists()


def read_page(client: TestClient, language: str = "en") -> str:
    said: str = client.get("/huggy_default/", headers={"Accept-Language": language}).text
    return said.replace("&#39;", "'")


def hash_script(text: str) -> str:
    """Return the hash that a browser computes of an element's text."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
