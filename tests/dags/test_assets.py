from urllib.parse import urlsplit

import pytest
from airflow.sdk import Asset, AssetAlias

from huggy_connector.airflow.assets import create_asset, sanitize_uri, table


def test_a_table_of_a_company_is_an_asset_named_as_its_address() -> None:
    assert (
        table("chats", company=4242)
        == Asset("huggy://4242/chats")
        == Asset(name="huggy://4242/chats", uri="huggy://4242/chats")
    )


def test_a_table_of_all_companies_is_an_alias() -> None:
    assert table("chats") == AssetAlias("huggy_chats")


def test_the_factory_makes_the_asset_a_schedule_names() -> None:
    assert create_asset(company=4242, table="chats", extra={"rows": 3}) == Asset(
        "huggy://4242/chats", extra={"rows": 3}
    )


def test_two_spellings_of_one_company_are_one_asset() -> None:
    assert sanitize_uri(urlsplit("huggy://004242/chats")).geturl() == "huggy://4242/chats"


@pytest.mark.parametrize(
    "uri",
    [
        "huggy://",
        "huggy://chats",
        "huggy://4242/",
        "huggy://0/chats",
        "huggy://acme/chats",
        "huggy://4242/Chats",
        "huggy://4242/chats/1",
        "huggy://4242/chats?rows=1",
        "huggy:4242/chats",
    ],
)
def test_an_address_that_names_no_company_and_table_is_refused(uri: str) -> None:
    with pytest.raises(
        ValueError, match=r"^A huggy asset reads huggy://\{company\}/\{table\}, such as huggy://4242/chats\.$"
    ):
        sanitize_uri(urlsplit(uri))
