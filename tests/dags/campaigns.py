"""What tests of campaigns have in common: a desk with open chats that are loaded, and what was written to it."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.warehouse import query

OPEN_CHATS = "SELECT id FROM chats WHERE situation = 'in_chat' ORDER BY id"


@dataclass
class CampaignDesk:
    """An account whose chats are in the warehouse, and the folder of both."""

    account: Sandbox
    folder: Path
    pushed: dict[str, Any] = field(default_factory=dict)
    """What the tasks have pushed to XCom by themselves."""
    _taken: int = 0
    _written: Counter[str] = field(default_factory=Counter)

    @property
    def warehouse(self) -> str:
        return str(self.folder / "desk.duckdb")

    @property
    def extra(self) -> dict[str, Any]:
        return {
            "landing": str(self.folder / "landing"),
            "warehouse": self.warehouse,
            "state": str(self.folder / "state"),
            "requests_per_second": 1000,
        }

    def take(self, count: int) -> list[int]:
        """Return open chats that no test has had before, and forget what was written so far."""
        found = query(self.warehouse, f"{OPEN_CHATS} LIMIT {count} OFFSET {self._taken}").rows
        assert len(found) == count
        self._taken += count
        self._written = Counter(self.account.written())
        self.pushed.clear()
        return [int(row[0]) for row in found]

    def written(self) -> dict[str, int]:
        """Return how often each target was really written to since the last chats were taken."""
        return dict(Counter(self.account.written()) - self._written)

    def context(self, task_id: str = "act") -> Any:
        def push(*, key: str, value: Any) -> None:
            self.pushed[key] = value

        ti = SimpleNamespace(dag_id="desk", run_id="run-1", task_id=task_id, map_index=-1, try_number=1, xcom_push=push)
        return {"ti": ti}


@contextmanager
def open_desk(folder: Path, **options: Any) -> Iterator[CampaignDesk]:
    with Sandbox(Options(chats=120, contacts=40, limit=0, open_chats=90, quirks=False, **options)) as account:
        yield CampaignDesk(account, folder)


def load_chats(desk: CampaignDesk, connect: Callable[..., None], context: Any) -> None:
    """Connect `huggy_default` to the desk, and load its chats unless they are."""
    connect(host=desk.account.url, password=desk.account.token, extra=desk.extra)
    if not Path(desk.warehouse).exists():
        HuggyToParquetOperator(task_id="land", resource="chats").execute(context)
        ParquetToDuckDBOperator(task_id="load").execute(context)


def ids_sql(chats: list[int], columns: str = "id") -> str:
    """Return a query for these chats."""
    return f"SELECT {columns} FROM chats WHERE id IN ({', '.join(map(str, chats))}) ORDER BY id"
