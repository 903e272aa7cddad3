"""The pages as the API server has them. Its login is put aside here but for one test; the real one is in tests/e2e.

Who may see which company is in test_rights.py.
"""

import json
import re
import warnings
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from fastapi import HTTPException

from huggy_connector.airflow.database import Returned
from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.errors import Interrupted
from huggy_connector.landing import Landing
from huggy_connector.report import Beside

with warnings.catch_warnings(action="ignore"):  # of Airflow's own libraries, while they are imported
    from airflow.api_fastapi.core_api.security import get_user
    from starlette.testclient import TestClient

    from huggy_connector.airflow import pages


@pytest.fixture
def visitor(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Somebody who is logged in and may see every company."""
    pages.app.dependency_overrides[get_user] = lambda: None
    monkeypatch.setattr(pages, "may_see", lambda *_: True)
    yield TestClient(pages.app, follow_redirects=False)
    pages.app.dependency_overrides.clear()


@pytest.fixture
def loaded(connected: Path, as_task: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the landing of a desk returned, after a load that made the report."""
    monkeypatch.setenv("HUGGY_REPORT", "yes")
    landed = HuggyToParquetOperator(task_id="land", resource="contacts").execute(as_task("land"))
    ParquetToDuckDBOperator(task_id="load").execute(as_task("load"))
    assert (connected / "desk.report.json").exists()
    return landed


@pytest.mark.usefixtures("loaded")
def test_a_load_makes_the_report_and_the_page_is_in_the_browsers_language(
    visitor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    monkeypatch.setattr(duckdb, "connect", None)  # no page may open the warehouse
    english, portuguese = (
        visitor.get("/huggy_default/", headers={"Accept-Language": wish}) for wish in ("de, en;q=0.5", "pt-BR,en;q=0.9")
    )
    assert 'lang="en"' in english.text
    assert 'lang="pt-BR"' in portuguese.text


@pytest.mark.usefixtures("loaded")
def test_the_pages_lead_to_one_another_and_to_their_figures_and_to_no_other_file(visitor: TestClient) -> None:
    assert 'href="desk.report.pt-BR.html"' in visitor.get("/huggy_default/").text
    assert 'href="desk.report.en.html"' in visitor.get("/huggy_default/desk.report.pt-BR.html").text
    assert visitor.get("/huggy_default/desk.report.json").json()["state"] == "empty"
    for name in ("desk.duckdb", "..%2Fdesk.report.json", "other.report.json"):
        assert visitor.get(f"/huggy_default/{name}").status_code == 404


def test_of_several_connections_the_page_asks_for_one(visitor: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "connections", list)
    assert visitor.get("/").headers["location"] == "/huggy_default/"
    monkeypatch.setattr(pages, "connections", lambda: ["huggy_north"])
    assert visitor.get("/").headers["location"] == "/huggy_north/"
    monkeypatch.setattr(pages, "connections", lambda: ["huggy_north", "huggy_south"])
    listed = visitor.get("/").text
    assert ('<a href="/huggy_north/">huggy_north</a>' in listed, "huggy_default" in listed) == (True, False)


@pytest.mark.usefixtures("loaded")
def test_a_page_runs_its_own_script_alone_and_is_framed_by_airflow_alone(
    visitor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "connections", lambda: ["huggy_north", "huggy_south"])
    for path in ("/huggy_default/", "/huggy_default/desk.report.pt-BR.html", "/huggy_nobody/", "/", "/nothing/of/ours"):
        answer = visitor.get(path)
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
            assert [f"'{hash_of(text)}'" for text in texts] == allowed, (path, element)
        assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.usefixtures("loaded")
def test_what_the_data_bring_into_a_page_is_not_among_the_scripts_of_its_policy(
    connected: Path, visitor: TestClient
) -> None:
    page = Beside.of(connected / "desk.duckdb").page("en")
    before = visitor.get("/huggy_default/").headers["Content-Security-Policy"]
    page.write_text(page.read_text().replace("</main>", "<script>alert(1)</script><style>a {}</style></main>"))
    answer = visitor.get("/huggy_default/")
    assert ("alert(1)" in answer.text, answer.headers["Content-Security-Policy"]) == (True, before)


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("hashes", [None, {}, {"style": "sha256-*", "script": "x'; script-src *"}])
def test_figures_that_tell_no_policy_are_of_another_release(connected: Path, visitor: TestClient, hashes: Any) -> None:
    data = Beside.of(connected / "desk.duckdb").data
    data.write_text(json.dumps({**json.loads(data.read_text()), "policy": hashes}))
    assert "was made by another release" in _said(visitor)
    assert visitor.get("/huggy_default/desk.report.json").status_code == 404


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
def test_no_redirect_echoes_what_a_request_says_of_the_server(
    visitor: TestClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(pages, "connections", list)
    place = visitor.get(path, headers={"Host": "evil.example"}).headers.get("location", "/none")
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
def test_the_browser_says_which_language(visitor: TestClient, accepted: str, language: str) -> None:
    answer = visitor.get("/huggy_default/", headers={"Accept-Language": accepted})
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


def test_without_a_report_the_page_says_what_to_do(connected: Path, visitor: TestClient) -> None:
    assert f"There is no report beside {connected / 'desk.duckdb'} yet." in _said(visitor)
    assert f"Ainda não há relatório junto de {connected / 'desk.duckdb'}." in _said(visitor, "pt")
    assert list(connected.glob("*.html")) == []


def test_without_the_workers_volume_the_page_says_so(
    connect: Callable[..., None], tmp_path: Path, visitor: TestClient
) -> None:
    connect(extra={"warehouse": str(tmp_path / "volume" / "desk.duckdb")})
    assert f"There is no folder {tmp_path / 'volume'} on this server" in _said(visitor)
    assert f"Não há a pasta {tmp_path / 'volume'} neste servidor" in _said(visitor, "pt")


@pytest.mark.usefixtures("loaded")
def test_of_a_report_of_another_release_the_page_says_so_until_the_load_is_cleared(
    connected: Path, visitor: TestClient, as_task: Callable[..., Any]
) -> None:
    data = Beside.of(connected / "desk.duckdb").data
    data.write_text(json.dumps({**json.loads(data.read_text()), "format": 0}))
    assert "was made by another release" in _said(visitor)
    ParquetToDuckDBOperator(task_id="load").execute(as_task("load"))
    assert "made by another release" not in _said(visitor)


def test_a_connection_that_is_not_there_is_named(visitor: TestClient) -> None:
    answer = visitor.get("/huggy_acme/")
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "There is no connection 'huggy_acme' of type Huggy, or its settings are wrong: press its Test button.",
    )


def test_a_connection_of_another_type_tells_nothing(visitor: TestClient, connect: Callable[..., None]) -> None:
    connect("aws_default", conn_type="aws", password="s3cr3t", extra={"aws_secret_access_key": "s3cr3t"})
    connect("huggy_odd", extra={"unknown": "s3cr3t", "api_version": "v9"})
    for conn_id in ("aws_default", "huggy_odd"):
        for path in (f"/{conn_id}/", f"/{conn_id}/desk.report.json"):
            answer = visitor.get(path)
            assert (answer.status_code, "s3cr3t" in answer.text, "v9" in answer.text) == (404, False, False)


@pytest.fixture
def permitted(visitor: TestClient) -> TestClient:
    """Somebody who may also see what tasks return."""
    for route in pages.app.routes:
        for each in getattr(route, "dependencies", []):
            pages.app.dependency_overrides[each.dependency] = lambda: None
    return visitor


def test_a_tasks_tab_tells_what_it_did_with_the_manifest(
    loaded: dict[str, Any], permitted: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "returned", lambda *_: Returned(loaded))
    said = permitted.get("/tasks/desk/run-1/land/-1").text
    assert f"<dt>unique_ids</dt><dd>{loaded['unique_ids']}</dd>" in said
    assert 'href="/huggy_default/"' in said
    assert "&#34;certificate&#34;" in said
    assert "&#34;state&#34;: {}" in said


@pytest.mark.parametrize("landing", ["/etc", "s3://neighbour/landing", "file:///etc", None])
def test_a_landing_that_a_task_names_is_believed_only_if_it_is_the_connections(
    loaded: dict[str, Any], permitted: TestClient, monkeypatch: pytest.MonkeyPatch, landing: str | None
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(Landing, "at", lambda place, **_: opened.append(place))
    monkeypatch.setattr(pages, "returned", lambda *_: Returned({**loaded, "landing": landing}))
    said = permitted.get("/tasks/desk/run-1/land/-1").text
    assert (opened, "certificate" in said, "unique_ids" in said) == ([], False, True)


def test_the_manifest_of_a_company_that_somebody_may_not_see_is_left_out(
    loaded: dict[str, Any], permitted: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(pages, "returned", lambda *_: Returned(loaded))
    monkeypatch.setattr(pages, "may_see", lambda _, companies: asked.append([*companies]))
    assert "certificate" not in permitted.get("/tasks/desk/run-1/land/-1").text
    assert asked == [[loaded["company_id"]]]


def test_the_tab_of_a_task_of_somebody_else_says_so(permitted: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "returned", lambda *_: None)
    assert "This task is none of huggy_connector" in permitted.get("/tasks/desk/run-1/other/{MAP_INDEX}").text


@pytest.mark.usefixtures("loaded")
def test_a_report_that_was_missed_is_made_by_the_next_load_though_nothing_is_new(
    connected: Path, as_task: Callable[..., Any]
) -> None:
    places = Beside.of(connected / "desk.duckdb")
    whole = places.data.read_text()
    made = places.page("en").stat().st_mtime_ns
    ParquetToDuckDBOperator(task_id="load").execute(as_task("load"))
    assert places.page("en").stat().st_mtime_ns == made
    places.data.write_text(json.dumps({**json.loads(whole), "version": 0}))  # the worker died after the swap
    ParquetToDuckDBOperator(task_id="load").execute(as_task("load"))
    assert json.loads(places.data.read_text())["version"] == json.loads(whole)["version"]
    assert places.page("en").stat().st_mtime_ns > made


def test_told_to_stop_while_the_report_is_made_the_load_stops(
    connected: Path, as_task: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told_to_stop(*_: Any, **__: Any) -> str:
        raise Interrupted("Airflow ended this task.")

    monkeypatch.setenv("HUGGY_REPORT", "yes")
    monkeypatch.setattr("huggy_connector.report.write.render", told_to_stop)
    HuggyToParquetOperator(task_id="land", resource="contacts").execute(as_task("land"))
    with pytest.raises(Interrupted):
        ParquetToDuckDBOperator(task_id="load").execute(as_task("load"))
    assert (connected / "desk.duckdb").exists()


def test_a_report_that_cannot_be_made_is_a_warning_and_the_load_is_none_the_worse(
    connected: Path, as_task: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUGGY_REPORT", "yes")
    monkeypatch.setattr("huggy_connector.report.write.render", lambda *_, **__: 1 / 0)
    HuggyToParquetOperator(task_id="land", resource="contacts").execute(as_task("land"))
    told: list[str] = []
    load = ParquetToDuckDBOperator(task_id="load", on_alert=lambda context: told.append(context["huggy_alert"]))
    assert load.execute(as_task("load"))["published"] is True
    assert told == ["The warehouse is published, but the report beside it could not be made: ZeroDivisionError."]
    assert (connected / "desk.duckdb").exists()


def _said(visitor: TestClient, language: str = "en") -> str:
    said: str = visitor.get("/huggy_default/", headers={"Accept-Language": language}).text
    return said.replace("&#39;", "'")


def hash_of(text: str) -> str:
    """As a browser makes it of what stands in an element."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
