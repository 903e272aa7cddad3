"""Tests run in several processes; those that share an Airflow stay in one of them."""

import pytest

SHARING = {"dags", "e2e"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for folder in SHARING.intersection(item.path.parts):
            item.add_marker(pytest.mark.xdist_group(folder))
