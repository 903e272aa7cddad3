"""The page "Huggy" and the tab of a task, behind Airflow's own login. They read files and never open DuckDB.

A user sees the companies of which they may read a DAG: see `permissions`. No browser and no proxy may store an answer,
and no answer repeats what the request says about the server.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import get_user, requires_access_dag
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.ui.permissions import may_see
from huggy_connector.airflow.ui.xcom_lookup import ReturnedXCom, list_connections, read_returned_xcom
from huggy_connector.errors import HuggyError
from huggy_connector.landing import Landing
from huggy_connector.report import (
    DENY_ALL_POLICY,
    Language,
    ReportFile,
    ReportFiles,
    Translations,
    load_notice_style,
    render_choice_page,
    render_notice,
    render_task_page,
)
from huggy_connector.settings import Settings

app = FastAPI(
    title="Huggy",
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
    redirect_slashes=False,  # FastAPI's own redirects echo the Host of the request
    dependencies=[Depends(get_user)],
)

Languages = Annotated[str, Header(alias="accept-language")]
User = Annotated[Any, Depends(get_user)]


@app.middleware("http")
async def set_security_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """Add headers to every answer, also to errors: do not store it, do not show it in a frame of another site."""
    response = await answer(request)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers.setdefault("Content-Security-Policy", DENY_ALL_POLICY)
    return response


@app.get("/")
def show_choice(request: Request, user: User, accept_language: Languages = "") -> Response:
    """Redirect to the page of the only connection. If there are several, return a page with links to them."""
    names, default = list_connections(), HuggyHook.default_conn_name
    if default not in names and (not names or HuggyHook().is_defined()):
        names = [default, *names]
    if len(names) == 1:
        return RedirectResponse(_page_path(request, names[0]))
    words = Translations(_choose_language(accept_language))
    links = {name: _page_path(request, name) for name in names if _may_open(user, name)}
    if not links:
        return _html_response(render_notice(words["not_yours"], words=words), status=403)
    return _html_response(render_choice_page(links, words=words))


@app.get("/{conn_id}")
def redirect_to_slash(request: Request, conn_id: str) -> Response:
    """Redirect an address that a person has typed without the last slash."""
    return RedirectResponse(_page_path(request, conn_id))


@app.get("/{conn_id}/")
def show_report(conn_id: str, user: User, accept_language: Languages = "") -> Response:
    """Return the report of a connection's warehouse, in the browser's language."""
    language = _choose_language(accept_language)
    words, files = Translations(language), ReportFiles.for_warehouse(_read_settings(conn_id).warehouse)
    state = files.state(language)
    report = files.read(files.page_path(language).name)
    if report is None:
        text = words["no_report" if state == "ready" else state]
        return _html_response(
            render_notice(text.format(file=files.warehouse, folder=files.warehouse.parent), words=words)
        )
    if not may_see(user, report.companies):
        return _html_response(render_notice(words["not_yours"], words=words), status=403)
    return _file_response(report, "text/html")


@app.get("/{conn_id}/{name}")
def serve_file(conn_id: str, name: str, user: User) -> Response:
    """Return one of the report's files: its pages link to each other and to their figures."""
    report_file = ReportFiles.for_warehouse(_read_settings(conn_id).warehouse).read(name)
    if report_file is None or not may_see(user, report_file.companies):
        raise HTTPException(404, f"There is no {name} beside the warehouse of {conn_id} that you may see.")
    return _file_response(report_file, "application/json" if name.endswith(".json") else "text/html")


@app.get(
    "/tasks/{dag_id}/{run_id}/{task_id}/{map_index}",
    dependencies=[Depends(requires_access_dag(method="GET", access_entity=DagAccessEntity.XCOM))],
)
def show_task(
    request: Request,
    user: User,
    dag_id: str,
    run_id: str,
    task_id: str,
    map_index: str,
    accept_language: Languages = "",
) -> Response:
    """Return a page with what one of our tasks did, and the manifest of what it landed."""
    words = Translations(_choose_language(accept_language))
    xcom = read_returned_xcom(dag_id, run_id, task_id, int(map_index) if map_index.isdecimal() else -1)
    if xcom is None:
        return _html_response(render_notice(words["not_ours"], words=words))
    link = _page_path(request, xcom.conn_id)
    return _html_response(render_task_page(xcom.facts, words=words, link=link, manifest=_read_manifest(xcom, user)))


def _page_path(request: Request, conn_id: str) -> str:
    """Return the path of a connection's page, without the server: the browser knows by which server it came."""
    return f"{request.scope['root_path']}/{quote(conn_id, safe='')}/"


def _html_response(text: str, *, status: int = 200) -> Response:
    policy = load_notice_style().policy.for_header()
    return HTMLResponse(text, status_code=status, headers={"Content-Security-Policy": policy})


def _file_response(report_file: ReportFile, media_type: str) -> Response:
    policy = report_file.policy.for_header()
    return Response(report_file.content, media_type=media_type, headers={"Content-Security-Policy": policy})


def _may_open(user: Any, conn_id: str) -> bool:
    """Return whether the user may see the page of a connection. True if it has no page yet."""
    try:
        files = ReportFiles.for_warehouse(_read_settings(conn_id).warehouse)
    except HTTPException:
        return True
    data = files.read(files.data_path.name)
    return data is None or may_see(user, data.companies)


def _read_settings(conn_id: str) -> Settings:
    try:
        return HuggyHook(conn_id).settings(uses_api=False)
    except HuggyError:
        # The answer gives no reason: reasons quote settings, and not every user may read connections.
        raise HTTPException(
            404, f"There is no connection {conn_id!r} of type Huggy, or its settings are wrong: press its Test button."
        ) from None


def _read_manifest(xcom: ReturnedXCom, user: Any) -> str:
    """Return the manifest as JSON without its state, or "" if this server cannot read it or the user may not see it.

    Any user who may write XComs can write what a task "returned". So the landing must be the connection's, and the user
    must be allowed to see the company.
    """
    if xcom.address is None:
        return ""
    try:
        settings = HuggyHook(xcom.conn_id).settings(uses_api=False)
        if xcom.landing != settings.landing:
            return ""
        manifest = Landing.open(settings.landing, access=settings.landing_options).read_manifest(xcom.address)
    except HuggyError:
        return ""
    return replace(manifest, state={}).to_json().decode() if may_see(user, [manifest.company_id]) else ""


def _choose_language(accepted: str) -> Language:
    """Return Portuguese if the Accept-Language header prefers it to English, else English."""
    weights = {"pt": 0.0, "en": 0.0}
    for entry in accepted.lower().split(","):
        tag, _, text = entry.replace(" ", "").partition(";q=")
        weight = float(text) if re.fullmatch(r"[01](\.\d*)?", text) else 1.0
        if tag[:2] in weights:
            weights[tag[:2]] = max(weights[tag[:2]], weight)
    return "pt-BR" if weights["pt"] > weights["en"] else "en"
