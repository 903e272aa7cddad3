"""Packs what Superset imports: the database, a dataset of each table that charts are made of, and a dashboard.

The form is that of Superset's own export, version 1.0.0. All time columns are local: a chart by `created_at`, an
instant, would put chats of the evening on the next day.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from huggy_connector.warehouse.read.dictionary import Language, translate
from huggy_connector.warehouse.schema.table_spec import TableColumn, TableSpec
from scripts.kits import dashboard
from scripts.kits.dashboard import METRICS, Chart
from scripts.kits.facts import explain, find_local_time, is_local_time, is_nested, list_schema
from scripts.kits.writing import to_yaml

DATABASE_FILE = "/data/huggy.duckdb"
ROOT = "huggy_desk"
"""The folder in the ZIP. Superset ignores its name."""
_VERSION = "1.0.0"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def pack_bundle(language: Language) -> bytes:
    """Return the ZIP. The same content gives the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        for name, content in list_files(language).items():
            bundle.writestr(zipfile.ZipInfo(f"{ROOT}/{name}", _EPOCH), to_yaml(content))
    return packed.getvalue()


def list_files(language: Language) -> dict[str, Any]:
    """Return what is in the bundle, by its path."""
    charts = [chart for row in dashboard.ROWS for chart in row]
    tables = list_tables()
    return {
        "metadata.yaml": {"version": _VERSION, "type": "Dashboard", "timestamp": "2026-01-01T00:00:00+00:00"},
        "databases/huggy.yaml": _describe_database(),
        **{f"datasets/huggy/{_name(table)}.yaml": _describe_dataset(table, language) for table in tables.values()},
        **{f"charts/{chart.name}.yaml": _describe_chart(chart, tables[chart.table], language) for chart in charts},
        "dashboards/huggy.yaml": _describe_dashboard(language),
    }


def list_tables() -> dict[str, TableSpec]:
    """Return by title the tables that charts are made of: history and meta are none of them."""
    return {table.title: table for schema in ("main", "marts") for table in list_schema(schema)}


def find_uuid(kind: str, name: str) -> str:
    """Return the identifier of a part, the same in each version.

    A dataset has one in both languages: Superset takes one dataset a table.
    """
    return str(uuid5(NAMESPACE_URL, f"huggy-connector/superset/{kind}/{name}"))


def _name(table: TableSpec) -> str:
    return table.title.replace(".", "_")


def _describe_database() -> dict[str, Any]:
    return {
        "database_name": "huggy",
        "sqlalchemy_uri": f"duckdb:///{DATABASE_FILE}",
        "cache_timeout": None,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_file_upload": False,
        "extra": {"engine_params": {"connect_args": {"read_only": True}}},
        "uuid": find_uuid("database", "huggy"),
        "version": _VERSION,
    }


def _describe_dataset(table: TableSpec, language: Language) -> dict[str, Any]:
    metrics = METRICS.get(table.title, {})
    return {
        "table_name": table.name,
        "main_dttm_col": find_local_time(table),
        "description": explain(table, language),
        "schema": table.schema,
        "sql": None,
        "params": None,
        "filter_select_enabled": True,
        "extra": None,
        "uuid": find_uuid("dataset", table.title),
        "metrics": [
            {"metric_name": "count", "verbose_name": "COUNT(*)", "metric_type": "count", "expression": "count(*)"},
            *(
                {"metric_name": name, "verbose_name": translate(words, language), "expression": expression}
                for name, (expression, words) in metrics.items()
            ),
        ],
        "columns": [_describe_column(column, language) for column in table.columns if not is_nested(column)],
        "version": _VERSION,
        "database_uuid": find_uuid("database", "huggy"),
    }


def _describe_column(column: TableColumn, language: Language) -> dict[str, Any]:
    return {
        "column_name": column.name,
        "is_dttm": is_local_time(column),
        "is_active": True,
        "type": column.type,
        "groupby": True,
        "filterable": True,
        "description": translate(column.comment, language),
    }


def _describe_chart(chart: Chart, table: TableSpec, language: Language) -> dict[str, Any]:
    time = None if chart.is_of_now else find_local_time(table)
    fixed = [{"subject": "metric", "op": "==", "value": "first_response"}] if chart.name == "attained" else []
    form = {
        "viz_type": chart.viz_type,
        **chart.form,
        "adhoc_filters": [
            *chart.form.get("adhoc_filters", []),
            *([_filter_form(time, "TEMPORAL_RANGE", "No filter")] if time else []),
            *(_filter_form(each["subject"], each["op"], each["value"]) for each in fixed),
        ],
        "extra_form_data": {},
    }
    query = {
        "row_limit": chart.form.get("row_limit", 10_000),
        **chart.query,
        "filters": [
            *chart.query.get("filters", []),
            *([{"col": time, "op": "TEMPORAL_RANGE", "val": "No filter"}] if time else []),
            *({"col": each["subject"], "op": each["op"], "val": each["value"]} for each in fixed),
        ],
    }
    context = {
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": [query],
        "form_data": form,
        "result_format": "json",
        "result_type": "full",
    }
    return {
        "slice_name": translate(chart.title, language),
        "description": None,
        "viz_type": chart.viz_type,
        "params": form,
        "query_context": json.dumps(context),
        "cache_timeout": None,
        "uuid": _find_chart_uuid(chart, language),
        "version": _VERSION,
        "dataset_uuid": find_uuid("dataset", chart.table),
    }


def _find_chart_uuid(chart: Chart, language: Language) -> str:
    return find_uuid("chart", f"{language}/{chart.name}")


def _filter_form(subject: str, operator: str, comparator: str) -> dict[str, str]:
    return {
        "clause": "WHERE",
        "expressionType": "SIMPLE",
        "subject": subject,
        "operator": operator,
        "comparator": comparator,
    }


def _describe_dashboard(language: Language) -> dict[str, Any]:
    charts = [chart for row in dashboard.ROWS for chart in row]
    numbers = {chart.name: number for number, chart in enumerate(charts, start=1)}
    of_now = [numbers[chart.name] for chart in charts if chart.is_of_now]
    return {
        "dashboard_title": translate(dashboard.TITLE, language),
        "description": None,
        "css": "",
        "slug": f"huggy-{language}".lower(),
        "published": True,
        "uuid": find_uuid("dashboard", language),
        "position": dict(_place_charts(numbers, language)),
        "metadata": {
            "color_scheme": "supersetColors",
            "cross_filters_enabled": True,
            "refresh_frequency": 0,
            "native_filter_configuration": list(_list_filters(of_now, language)),
        },
        "version": _VERSION,
    }


def _place_charts(numbers: Mapping[str, int], language: Language) -> Iterator[tuple[str, Any]]:
    """Yield the parts of the page by their ids, the rows with their charts among them."""
    rows = [f"ROW-{number}" for number in range(len(dashboard.ROWS))]
    yield "DASHBOARD_VERSION_KEY", "v2"
    yield "ROOT_ID", {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]}
    yield "GRID_ID", {"id": "GRID_ID", "type": "GRID", "children": rows, "parents": ["ROOT_ID"]}
    yield "HEADER_ID", {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": translate(dashboard.TITLE, language)}}
    for row, charts in zip(rows, dashboard.ROWS, strict=True):
        children = [f"CHART-{chart.name}" for chart in charts]
        parents = ["ROOT_ID", "GRID_ID"]
        background = {"background": "BACKGROUND_TRANSPARENT"}
        yield row, {"id": row, "type": "ROW", "children": children, "parents": parents, "meta": background}
        for child, chart in zip(children, charts, strict=True):
            yield (
                child,
                {
                    "id": child,
                    "type": "CHART",
                    "children": [],
                    "parents": [*parents, row],
                    "meta": {
                        "chartId": numbers[chart.name],
                        "uuid": _find_chart_uuid(chart, language),
                        "sliceName": translate(chart.title, language),
                        "width": chart.width,
                        "height": chart.height,
                    },
                },
            )


def _list_filters(of_now: list[int], language: Language) -> Iterator[dict[str, Any]]:
    """Yield the dashboard's filters: the range of days, which leaves out what is of now, and the choices."""
    yield {
        "id": "NATIVE_FILTER-days",
        "name": translate(dashboard.RANGE, language),
        "filterType": "filter_time",
        "type": "NATIVE_FILTER",
        "targets": [{}],
        "controlValues": {},
        "scope": {"rootPath": ["ROOT_ID"], "excluded": of_now},
        "cascadeParentIds": [],
        "defaultDataMask": {
            "extraFormData": {"time_range": dashboard.DEFAULT_RANGE},
            "filterState": {"value": dashboard.DEFAULT_RANGE},
        },
    }
    for column, words in dashboard.FILTERS:
        yield {
            "id": f"NATIVE_FILTER-{column}",
            "name": translate(words, language),
            "filterType": "filter_select",
            "type": "NATIVE_FILTER",
            "targets": [{"column": {"name": column}, "datasetUuid": find_uuid("dataset", "marts.chats_by_day")}],
            "controlValues": {"multiSelect": True, "enableEmptyFilter": False, "searchAllOptions": False},
            "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
            "cascadeParentIds": [],
            "defaultDataMask": {"extraFormData": {}, "filterState": {}},
        }
