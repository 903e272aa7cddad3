"""What tests of campaigns have in common: a desk with open chats that are loaded, and what was written to it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.warehouse import query

OPEN_CHATS = "SELECT id FROM chats WHERE closed_at IS NULL AND situation = 'in_chat' ORDER BY id LIMIT {}"


@dataclass(frozen=True)
class CampaignDesk:
    """An account whose chats are in the warehouse, and the folder of both."""

    account: Sandbox
    folder: Path

    @property
    def warehouse(self) -> str:
        return str(self.folder / "desk.duckdb")

    def open_chats(self, count: int) -> list[int]:
        return [row[0] for row in query(self.warehouse, OPEN_CHATS.format(count)).rows]

    def written(self) -> dict[str, int]:
        """Return how often each target was really written to."""
        return self.account.written()


@contextmanager
def open_desk(connect: Callable[..., None], folder: Path, **settings: Any) -> Iterator[CampaignDesk]:
    """Open a small account, connected as `huggy_default`, with its chats loaded."""
    with Sandbox(Options(chats=60, contacts=20, limit=0, open_chats=30, quirks=False, closed_windows=0.0)) as account:
        extra = {
            "landing": str(folder / "landing"),
            "warehouse": str(folder / "desk.duckdb"),
            "requests_per_second": 1000,
            "quiet_hours": "off",
            **settings,
        }
        connect(host=account.url, password=account.token, extra=extra)
        ti = SimpleNamespace(dag_id="desk", run_id="run-0", task_id="land", map_index=-1, try_number=1)
        from airflow.sdk.execution_time.context import OutletEventAccessors

        context: Any = {"ti": ti, "outlet_events": OutletEventAccessors()}
        HuggyToParquetOperator(task_id="land", resource="chats").execute(context)
        ParquetToDuckDBOperator(task_id="load").execute(context)
        yield CampaignDesk(account, folder)
