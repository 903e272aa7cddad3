"""Templated arguments of a campaign as what they mean, and its end as a sentence."""

from typing import Any, cast

import pytest

from huggy_connector.actions.types import CampaignCounts
from huggy_connector.airflow.actions.campaign_values import (
    build_request,
    describe_rest,
    parse_flag,
    parse_plan,
    parse_rows,
    parse_values,
)
from huggy_connector.errors import ConfigurationError
from huggy_connector.pipeline.campaigns import CampaignReport


@pytest.mark.parametrize("name", [None, ""])
def test_a_campaign_without_a_name_is_one_sentence(name: str | None) -> None:
    with pytest.raises(ConfigurationError) as caught:
        build_request(cast("Any", {}), action="close_chat", campaign=name, sql="SELECT 1", rows=None, values={}, cap=1)
    assert str(caught.value) == "The campaign has no name: give it one, under which each row is done once."


@pytest.mark.parametrize("value", [[{"id": 1}], ({"id": 1},), '[{"id": 1}]'])
def test_rows_are_read_as_a_task_or_a_template_gives_them(value: Any) -> None:
    assert [*parse_rows(value)] == [{"id": 1}]


@pytest.mark.parametrize("value", ["id", "[1]", '{"id": 1}', [1], 7])
def test_what_is_no_list_of_objects_is_refused_without_its_value(value: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_rows(value)
    assert str(caught.value) == 'the argument rows: must be a list of objects, such as [{"id": 700001}].'


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (None, {}),
        ("", {}),
        ("null", {}),
        ({"tabulation_id": 10, "comment": "Olá", "none": None}, {"tabulation_id": "10", "comment": "Olá"}),
        ('{"send_feedback": true, "params": ["á", 1]}', {"send_feedback": "true", "params": '["á", 1]'}),
    ],
)
def test_values_of_all_rows_are_texts_as_set_gives_them(value: Any, read: dict[str, str]) -> None:
    assert parse_values(value) == read


@pytest.mark.parametrize(
    ("value", "flag"), [(True, True), ("True", True), ("false", False), (0, False), (" On ", True)]
)
def test_a_flag_is_read_also_where_a_template_made_a_text_of_it(value: Any, flag: bool) -> None:
    assert parse_flag(value, "is_dry_run") is flag


@pytest.mark.parametrize("value", [{"campaign": "a", "last_row_id": 7}, '{"campaign": "a", "last_row_id": "7"}'])
def test_a_plan_is_read_as_an_xcom_or_a_template_gives_it(value: Any) -> None:
    assert parse_plan(value) == ("a", 7)


def test_a_campaign_with_something_left_says_why_what_and_what_to_do() -> None:
    report = CampaignReport("idle", "close_chat", CampaignCounts(planned=9, sent=3, unknown=2), "The desk is closed.")
    assert describe_rest(report) == (
        "The desk is closed. 4 rows wait: run it again to go on. Of 2 rows nobody knows whether they were done, and "
        "they are not sent again: `huggy act resolve idle` reads them back and shows what a person must decide."
    )
