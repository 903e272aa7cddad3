"""The charts of Superset's dashboard: what each shows, of which dataset, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from huggy_connector.catalogue import Text

METRICS: Mapping[str, Mapping[str, tuple[str, Text]]] = {
    "marts.chats_by_day": {
        "chats_opened": ("sum(chats)", Text("Chats", "Atendimentos")),
    },
    "marts.chat_times": {
        "median_first_response": (
            "quantile_cont(first_response_seconds, 0.5) / 60",
            Text("Median, minutes", "Mediana, minutos"),
        ),
        "median_first_response_business": (
            "quantile_cont(first_response_business_seconds, 0.5) / 60",
            Text("Median, minutes of business time", "Mediana, minutos de expediente"),
        ),
        "p90_first_response": (
            "quantile_cont(first_response_seconds, 0.9) / 60",
            Text("90th percentile, minutes", "Percentil 90, minutos"),
        ),
    },
    "marts.sla_by_day": {
        "attained": ("sum(met) / nullif(sum(met) + sum(missed), 0)", Text("Within the target", "Dentro da meta")),
    },
    "marts.backlog_by_day": {
        "open_chats": ("sum(backlog)", Text("Open at the end of the day", "Abertos no fim do dia")),
    },
    "marts.open_now": {
        "waiting": ("count(*) FILTER (waits)", Text("Waiting", "Esperando")),
    },
    "marts.load_by_hour": {
        "chats_opened": ("sum(chats)", Text("Chats", "Atendimentos")),
    },
    "marts.agent_performance": {
        "chats_of_agent": ("sum(chats)", Text("Chats", "Atendimentos")),
        "open_of_agent": ("sum(open)", Text("Open", "Abertos")),
    },
}
"""The metrics of datasets, by name: each is right over any days, also where a mart's own figure cannot be added."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart. `table` is its dataset. `form` and `query` are Superset's, without what all charts have.

    `is_of_now` says that the dashboard's range of time does not apply. `width` is of 12 columns.
    """

    name: str
    title: Text
    table: str
    viz_type: str
    width: int
    height: int
    form: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    is_of_now: bool = False


def _number(name: str, title: Text, table: str, metric: str, number_format: str, *, is_of_now: bool = False) -> Chart:
    form = {"metric": metric, "y_axis_format": number_format, "header_font_size": 0.4, "subheader_font_size": 0.15}
    return Chart(name, title, table, "big_number_total", 3, 20, form, {"metrics": [metric]}, is_of_now)


def _series(
    name: str, title: Text, table: str, metrics: list[str], *, by: tuple[str, ...] = (), is_log: bool = False
) -> Chart:
    """Return a chart by day: bars that are stacked where it has groups, else lines. `is_log`: on a logarithmic axis."""
    kind = "echarts_timeseries_bar" if by else "echarts_timeseries_line"
    form = {
        "x_axis": "day",
        "time_grain_sqla": "P1D",
        "metrics": metrics,
        "groupby": list(by),
        "row_limit": 10_000,
        "x_axis_time_format": "smart_date",
        "y_axis_format": ",.0f",
        "rich_tooltip": True,
        "show_legend": True,
        **({"stack": "Stack"} if by else {}),
        **({"logAxis": True} if is_log else {}),
    }
    axis = {
        "timeGrain": "P1D",
        "columnType": "BASE_AXIS",
        "sqlExpression": "day",
        "label": "day",
        "expressionType": "SQL",
    }
    return Chart(name, title, table, kind, 6, 50, form, {"columns": [axis, *by], "metrics": metrics})


_OPEN_COLUMNS = ["department", "agent", "channel", "created_at_local", "age_minutes"]
_WAITS = {"col": "waits", "op": "IS TRUE"}

ROWS: tuple[tuple[Chart, ...], ...] = (
    (
        _number("opened", Text("Chats opened", "Atendimentos iniciados"), "marts.chats_by_day", "chats_opened", ",d"),
        _number(
            "first_response",
            Text("First response: median, minutes", "Primeira resposta: mediana, minutos"),
            "marts.chat_times",
            "median_first_response",
            ",.1f",
        ),
        _number(
            "attained",
            Text("First responses within the target", "Primeiras respostas dentro da meta"),
            "marts.sla_by_day",
            "attained",
            ".1%",
        ),
        _number("waiting", Text("Waiting now", "Esperando agora"), "marts.open_now", "waiting", ",d", is_of_now=True),
    ),
    (
        _series(
            "opened_by_day",
            Text("Chats opened, by day and channel", "Atendimentos iniciados, por dia e canal"),
            "marts.chats_by_day",
            ["chats_opened"],
            by=("channel",),
        ),
        _series(
            "backlog_by_day",
            Text("Open at the end of the day", "Abertos no fim do dia"),
            "marts.backlog_by_day",
            ["open_chats"],
        ),
    ),
    (
        _series(
            "first_response_by_day",
            Text("First response, by day of the opening", "Primeira resposta, por dia da abertura"),
            "marts.chat_times",
            ["median_first_response", "p90_first_response"],
            is_log=True,
        ),
        Chart(
            "load_by_hour",
            Text(
                "Chats opened, by weekday (1 is Monday) and hour", "Atendimentos, por dia da semana (1: segunda) e hora"
            ),
            "marts.load_by_hour",
            "heatmap_v2",
            6,
            50,
            {
                "x_axis": "hour",
                "groupby": "weekday",
                "metric": "chats_opened",
                "sort_x_axis": "alpha_asc",
                "sort_y_axis": "alpha_desc",
                "normalize_across": "heatmap",
                "linear_color_scheme": "superset_seq_1",
                "legend_type": "continuous",
                "xscale_interval": 1,
                "yscale_interval": 1,
                "value_bounds": [None, None],
                "y_axis_format": ",d",
                "show_legend": True,
                "show_values": False,
                "row_limit": 10_000,
            },
            {"columns": ["hour", "weekday"], "metrics": ["chats_opened"]},
        ),
    ),
    (
        Chart(
            "waiting_chats",
            Text("Who waits, the longest first", "Quem espera, os mais antigos primeiro"),
            "marts.open_now",
            "table",
            6,
            50,
            {
                "query_mode": "raw",
                "all_columns": _OPEN_COLUMNS,
                "order_by_cols": ['["age_minutes", false]'],
                "row_limit": 1000,
                "server_pagination": False,
                "show_cell_bars": False,
                "adhoc_filters": [
                    {"clause": "WHERE", "expressionType": "SIMPLE", "subject": "waits", "operator": "IS TRUE"}
                ],
            },
            {"columns": _OPEN_COLUMNS, "orderby": [["age_minutes", False]], "filters": [_WAITS]},
            is_of_now=True,
        ),
        Chart(
            "agents",
            Text("Agents", "Agentes"),
            "marts.agent_performance",
            "table",
            3,
            50,
            {
                "query_mode": "aggregate",
                "groupby": ["agent"],
                "metrics": ["chats_of_agent", "open_of_agent"],
                "row_limit": 1000,
                "order_desc": True,
            },
            {
                "columns": ["agent"],
                "metrics": ["chats_of_agent", "open_of_agent"],
                "orderby": [["chats_of_agent", False]],
            },
        ),
        Chart(
            "as_of",
            Text("The data are of", "Os dados são de"),
            "marts.as_of",
            "table",
            3,
            50,
            {
                "query_mode": "raw",
                "all_columns": ["company_id", "as_of_local"],
                "row_limit": 100,
                "show_cell_bars": False,
            },
            {"columns": ["company_id", "as_of_local"]},
            is_of_now=True,
        ),
    ),
)
"""The dashboard's rows, from the top."""

TITLE = Text("Huggy: service desk", "Huggy: atendimento")
FILTERS: tuple[tuple[str, Text], ...] = (
    ("company_id", Text("Company", "Conta")),
    ("channel", Text("Channel", "Canal")),
)
"""The columns of marts.chats_by_day by which the whole dashboard is filtered."""
RANGE = Text("Days", "Dias")
DEFAULT_RANGE = "Last quarter"
