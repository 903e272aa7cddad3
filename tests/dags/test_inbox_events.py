from urllib.parse import urlsplit

import pytest
from airflow.sdk import Asset

from huggy_connector.airflow.assets import LOADED_TABLES, sanitize_uri, table
from huggy_connector.airflow.live.inbox_events import inbox_events
from huggy_connector.airflow.live.inbox_trigger import HuggyInboxTrigger
from huggy_connector.airflow.operators import ParquetToDuckDBOperator
from huggy_connector.errors import ConfigurationError


def test_the_events_of_a_company_are_an_asset_that_its_trigger_watches() -> None:
    asset = inbox_events(company=4242, huggy_conn_id="huggy_acme")
    assert (asset.name, asset.uri) == ("huggy://4242/events", "huggy://4242/events")
    (watcher,) = asset.watchers
    assert isinstance(watcher.trigger, HuggyInboxTrigger)
    assert (watcher.trigger.huggy_conn_id, watcher.trigger.company_id) == ("huggy_acme", 4242)


def test_without_a_number_the_events_of_whatever_company_are_one_asset() -> None:
    asset = inbox_events()
    assert asset.uri == "huggy://any/events"
    assert sanitize_uri(urlsplit(asset.uri)).geturl() == asset.uri


def test_any_company_has_no_table() -> None:
    with pytest.raises(ValueError, match="huggy://4242/chats"):
        Asset("huggy://any/chats")


def test_an_asset_may_be_without_a_watcher() -> None:
    assert inbox_events(company=4242, watch=False).watchers == []


def test_a_load_never_sends_the_asset_that_starts_it() -> None:
    outlets = {each.name for each in ParquetToDuckDBOperator(task_id="load").outlets}
    assert outlets == {f"huggy_{name}" for name in LOADED_TABLES}
    assert "huggy_events" not in outlets


@pytest.mark.parametrize("company", [None, 4242])
def test_a_consumer_of_the_loaded_events_is_told_what_to_schedule_on(company: int | None) -> None:
    with pytest.raises(ConfigurationError, match=r'schedule on table\("chats"\).* or on inbox_events\(\)'):
        table("events") if company is None else table("events", company=company)
