"""The page "Huggy" and the tab of a task, behind Airflow's own login. They read files, and never open DuckDB.

Whoever may log in sees the companies of which they may read a DAG: see `rights`. No answer is kept by a browser or a
proxy, and none echoes what the request says of the server.
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

from huggy_connector.airflow.database import Returned, connections, returned
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.rights import may_see
from huggy_connector.errors import HuggyError
from huggy_connector.landing import Landing
from huggy_connector.report import (
    NOTHING,
    Beside,
    Language,
    Shown,
    Words,
    choice_page,
    look_of_notice,
    notice,
    task_page,
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
async def say_what_a_browser_may_do(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """Errors too are neither kept nor shown in a frame of others."""
    response = await answer(request)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers.setdefault("Content-Security-Policy", NOTHING)
    return response


@app.get("/")
def choice(request: Request, user: User, accept_language: Languages = "") -> Response:
    """The page of the connection that there is; of several, which."""
    names, usual = connections(), HuggyHook.default_conn_name
    if usual not in names and (not names or HuggyHook().is_defined()):
        names = [usual, *names]
    if len(names) == 1:
        return RedirectResponse(_address(request, names[0]))
    words = Words(_language(accept_language))
    return _said(choice_page({name: _address(request, name) for name in names if _open_to(user, name)}, words=words))


@app.get("/{conn_id}")
def without_a_slash(request: Request, conn_id: str) -> Response:
    """As somebody types it."""
    return RedirectResponse(_address(request, conn_id))


@app.get("/{conn_id}/")
def page(conn_id: str, user: User, accept_language: Languages = "") -> Response:
    """The report beside a connection's warehouse, in the browser's language."""
    language = _language(accept_language)
    words, places = Words(language), Beside.of(_settings(conn_id).warehouse)
    state = places.state(language)
    shown = places.shown(places.page(language).name)
    if shown is None:
        said = words["no_report" if state == "ready" else state]
        return _said(notice(said.format(file=places.warehouse, folder=places.warehouse.parent), words=words))
    if not may_see(user, shown.companies):
        return _said(notice(words["not_yours"], words=words), status=403)
    return _file(shown, "text/html")


@app.get("/{conn_id}/{name}")
def file(conn_id: str, name: str, user: User) -> Response:
    """One of the report's files: its pages refer to one another, and to their figures."""
    shown = Beside.of(_settings(conn_id).warehouse).shown(name)
    if shown is None or not may_see(user, shown.companies):
        raise HTTPException(404, f"There is no {name} beside the warehouse of {conn_id} that you may see.")
    return _file(shown, "application/json" if name.endswith(".json") else "text/html")


@app.get(
    "/tasks/{dag_id}/{run_id}/{task_id}/{map_index}",
    dependencies=[Depends(requires_access_dag(method="GET", access_entity=DagAccessEntity.XCOM))],
)
def task(
    request: Request,
    user: User,
    dag_id: str,
    run_id: str,
    task_id: str,
    map_index: str,
    accept_language: Languages = "",
) -> Response:
    """What one of our tasks did, and the manifest of what it landed."""
    words = Words(_language(accept_language))
    told = returned(dag_id, run_id, task_id, int(map_index) if map_index.isdecimal() else -1)
    if told is None:
        return _said(notice(words["not_ours"], words=words))
    link = _address(request, told.conn_id)
    return _said(task_page(told.facts, words=words, link=link, manifest=_manifest(told, user)))


def _address(request: Request, conn_id: str) -> str:
    """Without the server: the browser knows how it came here."""
    return f"{request.scope['root_path']}/{quote(conn_id, safe='')}/"


def _said(text: str, *, status: int = 200) -> Response:
    policy = look_of_notice().policy.in_header()
    return HTMLResponse(text, status_code=status, headers={"Content-Security-Policy": policy})


def _file(shown: Shown, kind: str) -> Response:
    return Response(shown.content, media_type=kind, headers={"Content-Security-Policy": shown.policy.in_header()})


def _open_to(user: Any, conn_id: str) -> bool:
    """Whether its page is for this person, as far as there is one."""
    try:
        places = Beside.of(_settings(conn_id).warehouse)
    except HTTPException:
        return True
    shown = places.shown(places.data.name)
    return shown is None or may_see(user, shown.companies)


def _settings(conn_id: str) -> Settings:
    try:
        return HuggyHook(conn_id).settings(asks=False)
    except HuggyError:
        # No more is said: the reasons quote settings, and not everybody who may log in may read connections.
        raise HTTPException(
            404, f"There is no connection {conn_id!r} of type Huggy, or its settings are wrong: press its Test button."
        ) from None


def _manifest(told: Returned, user: Any) -> str:
    """As JSON, but for what the next run starts from; nothing where this server cannot read the landing.

    What a task returned may be written by whoever may write XComs: the landing must be the connection's, and the
    company one that this person may see.
    """
    if told.address is None:
        return ""
    try:
        settings = HuggyHook(told.conn_id).settings(asks=False)
        if told.landing != settings.landing:
            return ""
        held = Landing.at(settings.landing, access=settings.landing_options).manifest(told.address)
    except HuggyError:
        return ""
    return replace(held, state={}).to_json().decode() if may_see(user, [held.company_id]) else ""


def _language(accepted: str) -> Language:
    """Portuguese where the browser likes it best, of the languages that there are."""
    likings = {"pt": 0.0, "en": 0.0}
    for each in accepted.lower().split(","):
        tag, _, weight = each.replace(" ", "").partition(";q=")
        liking = float(weight) if re.fullmatch(r"[01](\.\d*)?", weight) else 1.0
        if tag[:2] in likings:
            likings[tag[:2]] = max(likings[tag[:2]], liking)
    return "pt-BR" if likings["pt"] > likings["en"] else "en"
