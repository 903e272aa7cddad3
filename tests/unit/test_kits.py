"""The files of examples/clients that are written from the code are those of now, and say what the tables hold."""

import io
import json
import zipfile
from functools import partial
from typing import Any

import pytest
import yaml

from huggy_connector.warehouse import list_tables
from huggy_connector.warehouse.read.dictionary import Language
from scripts.kits import superset
from scripts.kits.__main__ import ROOT, render_files
from scripts.kits.dashboard import FILTERS, ROWS
from scripts.kits.dbt import name_source, render_sources
from scripts.kits.facts import KEYS, WITHOUT_KEY, find_key, find_local_time, list_parents
from scripts.kits.sqlmesh import render_external_models

TABLES = {table.title: table for table in list_tables()}
COLUMNS = {title: {column.name: column for column in table.columns} for title, table in TABLES.items()}
load = partial(yaml.load, Loader=yaml.CSafeLoader)
LANGUAGES: tuple[Language, ...] = ("en", "pt-BR")
FILES = render_files()


@pytest.mark.parametrize("name", FILES)
def test_the_file_in_examples_is_current(name: str) -> None:
    assert (ROOT / name).read_bytes() == FILES[name], "the file is stale: run python -m scripts.kits"


def test_each_table_has_a_key_or_is_a_log_and_its_columns_exist() -> None:
    without = {title for title, table in TABLES.items() if not find_key(table)}
    assert without == WITHOUT_KEY, "name the key of a new table in scripts/kits/facts.py"
    assert {title for title in KEYS if title not in TABLES or TABLES[title].key} == set()
    assert {title for title, table in TABLES.items() if not {*find_key(table)} <= {*COLUMNS[title]}} == set()


def test_each_table_with_a_local_time_has_one_as_its_time_column() -> None:
    times = {title: find_local_time(table) for title, table in TABLES.items()}
    with_local = {title for title, columns in COLUMNS.items() if any(name.endswith("_local") for name in columns)}
    assert {title for title in with_local if times[title] is None} == set()
    types = {COLUMNS[title][name].type for title, name in times.items() if name}
    assert types == {"DATE", "TIMESTAMP"}
    assert {title: times[title] for title in ("chats", "contacts", "messages", "agents", "marts.chat_times")} == {
        "chats": "created_at_local",
        "contacts": "created_at_local",
        "messages": "sent_at_local",
        "agents": None,
        "marts.chat_times": "day",
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_dbt_knows_each_table_and_column_with_its_type_and_meaning(language: Language) -> None:
    sources = load(render_sources(language))["sources"]
    told = {
        (source["schema"], table["name"]): [(each["name"], each["data_type"]) for each in table["columns"]]
        for source in sources
        for table in source["tables"]
    }
    assert told == {
        (table.schema, table.name): [(column.name, column.type) for column in table.columns]
        for table in TABLES.values()
    }
    described = [each for source in sources for table in source["tables"] for each in (table, *table["columns"])]
    assert [each["name"] for each in described if not each["description"]] == []


def test_dbt_tests_keys_parents_and_freshness() -> None:
    sources = {source["name"]: source for source in load(render_sources("en"))["sources"]}
    chats = next(table for table in sources[name_source("main")]["tables"] if table["name"] == "chats")
    assert chats["data_tests"] == [{"huggy_unique_rows": {"arguments": {"columns": ["company_id", "id"]}}}]
    tested = {each["name"]: each["data_tests"] for each in chats["columns"] if "data_tests" in each}
    parents = {
        name: tests[-1]["huggy_has_parent"]["arguments"]["to"]
        for name, tests in tested.items()
        if name[-3:] == "_id" and name != "company_id"
    }
    assert (tested["company_id"], tested["id"]) == (["not_null"], ["not_null"])
    assert parents == {column: f"source('huggy', '{parent}')" for column, parent in list_parents(TABLES["chats"])}
    fresh = {
        (name, table["name"])
        for name, source in sources.items()
        for table in source["tables"]
        if "freshness" in table.get("config", {})
    }
    assert fresh == {
        *(("huggy", name) for name in ("agents", "chats", "contacts", "departments")),
        ("huggy_marts", "chat_times"),
    }


def test_sqlmesh_knows_each_table_with_its_columns_and_audits_its_key() -> None:
    models = {model["name"]: model for model in load(render_external_models())}
    assert models.keys() == {f"huggy.{table.schema}.{table.name}" for table in TABLES.values()}
    assert models["huggy.marts.names"]["audits"] == [
        {"name": "unique_combination_of_columns", "columns": "[company_id, kind, id]"}
    ]
    assert "audits" not in models["huggy.meta.quality"]


@pytest.fixture(params=LANGUAGES)
def bundle(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What Superset finds in the ZIP: by folder, the parts by their names."""
    with zipfile.ZipFile(io.BytesIO(superset.pack_bundle(request.param))) as packed:
        return {name.removeprefix("huggy_desk/"): load(packed.read(name)) for name in packed.namelist()}


def list_parts(bundle: dict[str, Any], kind: str) -> list[Any]:
    return [content for name, content in bundle.items() if name.startswith(f"{kind}/")]


def test_each_part_of_the_bundle_names_parts_that_are_in_it(bundle: dict[str, Any]) -> None:
    (database,) = list_parts(bundle, "databases")
    (page,) = list_parts(bundle, "dashboards")
    datasets, charts = list_parts(bundle, "datasets"), list_parts(bundle, "charts")
    parts = [database, page, *datasets, *charts]
    assert len({part["uuid"] for part in parts}) == len(parts)
    assert {dataset["database_uuid"] for dataset in datasets} == {database["uuid"]}
    by_uuid = {dataset["uuid"] for dataset in datasets}
    assert {chart["dataset_uuid"] for chart in charts} <= by_uuid
    placed = [
        each["meta"]["uuid"] for each in page["position"].values() if isinstance(each, dict) and each["type"] == "CHART"
    ]
    assert sorted(placed) == sorted(chart["uuid"] for chart in charts)
    filters = page["metadata"]["native_filter_configuration"]
    assert {target["datasetUuid"] for each in filters for target in each["targets"] if target} <= by_uuid


def test_in_superset_no_instant_can_be_a_time_column(bundle: dict[str, Any]) -> None:
    instants = [
        (dataset["table_name"], column["column_name"])
        for dataset in list_parts(bundle, "datasets")
        for column in dataset["columns"]
        if column["is_dttm"] and column["type"] not in {"DATE", "TIMESTAMP"}
    ]
    assert instants == []
    chats = bundle["datasets/huggy/chats.yaml"]
    assert chats["main_dttm_col"] == "created_at_local"
    assert {column["column_name"]: column["is_dttm"] for column in chats["columns"]}["created_at"] is False


def test_a_chart_asks_for_columns_and_metrics_of_its_dataset_and_for_local_days(bundle: dict[str, Any]) -> None:
    datasets = {dataset["uuid"]: dataset for dataset in list_parts(bundle, "datasets")}
    strange = []
    for chart in list_parts(bundle, "charts"):
        dataset = datasets[chart["dataset_uuid"]]
        (query,) = json.loads(chart["query_context"])["queries"]
        known = {column["column_name"] for column in dataset["columns"]}
        metrics = {metric["metric_name"] for metric in dataset["metrics"]}
        asked = (
            {each if isinstance(each, str) else each["sqlExpression"] for each in query["columns"]}
            if "columns" in query
            else set()
        )
        asked |= {each["col"] for each in query["filters"]}
        strange += [(chart["slice_name"], *asked - known, *set(query.get("metrics", ())) - metrics)]
        ranges = {each["col"] for each in query["filters"] if each["op"] == "TEMPORAL_RANGE"}
        assert ranges <= {dataset["main_dttm_col"]}
    assert [each for each in strange if len(each) > 1] == []


def test_the_rows_of_the_dashboard_are_of_twelve_columns() -> None:
    assert {sum(chart.width for chart in row) for row in ROWS} == {12}
    assert {column for column, _ in FILTERS} <= COLUMNS["marts.chats_by_day"].keys()
