"""The page "Huggy" and the tab of a task, behind Airflow's own login. They read files, and never open DuckDB."""

import re
from dataclasses import replace
from typing import Annotated

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import get_user, requires_access_dag
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from huggy_connector.airflow.database import Returned, connections, returned
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.errors import HuggyError
from huggy_connector.landing import Landing
from huggy_connector.report import Beside, Language, Words, choice_page, notice, task_page
from huggy_connector.settings import Settings

app = FastAPI(title="Huggy", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(get_user)])

_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src data:",
    "X-Content-Type-Options": "nosniff",
}
Languages = Annotated[str, Header(alias="accept-language")]


@app.get("/")
def choice(request: Request, accept_language: Languages = "") -> Response:
    """The page of the connection that there is; of several, which."""
    names, usual = connections(), HuggyHook.default_conn_name
    if usual not in names and (not names or HuggyHook().is_defined()):
        names = [usual, *names]
    if len(names) == 1:
        return RedirectResponse(f"{request.scope['root_path']}/{names[0]}/")
    words = Words(_language(accept_language))
    return HTMLResponse(
        choice_page({name: f"{request.scope['root_path']}/{name}/" for name in names}, words=words), headers=_HEADERS
    )


@app.get("/{conn_id}/")
def page(conn_id: str, accept_language: Languages = "") -> Response:
    """The report beside a connection's warehouse, in the browser's language."""
    language = _language(accept_language)
    places = Beside.of(_settings(conn_id).warehouse)
    state = places.state(language)
    if state != "ready":
        said = Words(language)[state].format(file=places.warehouse, folder=places.warehouse.parent)
        return HTMLResponse(notice(said, words=Words(language)), headers=_HEADERS)
    return FileResponse(places.page(language), headers=_HEADERS)


@app.get("/{conn_id}/{name}")
def file(conn_id: str, name: str) -> Response:
    """One of the report's files: its pages refer to one another, and to their figures."""
    places = Beside.of(_settings(conn_id).warehouse)
    if name not in places.names or not places.warehouse.with_name(name).is_file():
        raise HTTPException(404, f"There is no {name} beside the warehouse of {conn_id}.")
    return FileResponse(places.warehouse.with_name(name), headers=_HEADERS)


@app.get(
    "/tasks/{dag_id}/{run_id}/{task_id}/{map_index}",
    dependencies=[Depends(requires_access_dag(method="GET", access_entity=DagAccessEntity.XCOM))],
)
def task(
    request: Request, dag_id: str, run_id: str, task_id: str, map_index: str, accept_language: Languages = ""
) -> HTMLResponse:
    """What one of our tasks did, and the manifest of what it landed."""
    words = Words(_language(accept_language))
    told = returned(dag_id, run_id, task_id, int(map_index) if map_index.isdecimal() else -1)
    if told is None:
        return HTMLResponse(notice(words["not_ours"], words=words), headers=_HEADERS)
    link = f"{request.scope['root_path']}/{told.conn_id}/"
    said = task_page(told.facts, words=words, link=link, manifest=_manifest(told))
    return HTMLResponse(said, headers=_HEADERS)


def _settings(conn_id: str) -> Settings:
    try:
        return HuggyHook(conn_id).settings(asks=False)
    except HuggyError:
        # No more is said: the reasons quote settings, and not everybody who may log in may read connections.
        raise HTTPException(
            404, f"There is no connection {conn_id!r} of type Huggy, or its settings are wrong: press its Test button."
        ) from None


def _manifest(told: Returned) -> str:
    """As JSON, but for what the next run starts from; nothing where this server cannot read the landing."""
    if told.address is None:
        return ""
    try:
        settings = HuggyHook(told.conn_id).settings(asks=False, landing=told.landing)
        held = Landing.at(settings.landing, access=settings.landing_options).manifest(told.address)
    except HuggyError:
        return ""
    return replace(held, state={}).to_json().decode()


def _language(accepted: str) -> Language:
    """Portuguese where the browser likes it best, of the languages that there are."""
    likings = {"pt": 0.0, "en": 0.0}
    for each in accepted.lower().split(","):
        tag, _, weight = each.replace(" ", "").partition(";q=")
        liking = float(weight) if re.fullmatch(r"[01](\.\d*)?", weight) else 1.0
        if tag[:2] in likings:
            likings[tag[:2]] = max(likings[tag[:2]], liking)
    return "pt-BR" if likings["pt"] > likings["en"] else "en"
