"""The trigger that watches the inbox of the webhook, in the triggerer of the receiver's host."""

import huggy_connector.airflow.versions  # noqa: F401  # isort: skip -- first, for it refuses an older Airflow
import asyncio
from collections.abc import AsyncIterator, Hashable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.versions import build_stream_producer
from huggy_connector.errors import HuggyError

if TYPE_CHECKING:
    from huggy_connector.airflow.live.inbox_watch import Arrival, InboxWatch

LOOK_EVERY_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
"""The longest time between two looks, where one after another fails."""
LOOKS_PER_CONNECTION = 60
"""How many looks go to one folder before the connection is asked again where the inbox is."""


class HuggyInboxTrigger(BaseEventTrigger):
    """Fires when events wait in the inbox that no landing has taken yet, and again for the next when those are landed.

    It fires for nothing else: what goes wrong is logged, and tried again after a while. An event says how many wait and
    the highest number among them, and nothing of what they tell. From Airflow 3.3 on, what Airflow could not store is
    told again; before, and after a restart of the triggerer, whatever still waits is.

    :param huggy_conn_id: the account; its extra or the triggerer's environment says where the inbox is
    :param company_id: whose events; by default those of every company in the inbox
    :param look_every: seconds between two looks
    """

    def __init__(
        self,
        huggy_conn_id: str = HuggyHook.default_conn_name,
        company_id: int | None = None,
        look_every: float = LOOK_EVERY_SECONDS,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.huggy_conn_id = huggy_conn_id
        self.company_id = company_id
        self.look_every = look_every

    def serialize(self) -> tuple[str, dict[str, Any]]:
        arguments = {name: getattr(self, name) for name in ("huggy_conn_id", "company_id", "look_every")}
        return f"{type(self).__module__}.{type(self).__qualname__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Watch without acknowledgement: as Airflow 3.1 and 3.2 do."""
        async for arrival in self.iter_arrivals(self.new_watch()):
            yield _make_event(arrival)

    def shared_stream_key(self) -> Hashable | None:
        """Let Airflow 3.3 acknowledge what it has stored. Watchers of one company and connection share one stream."""
        return self.serialize()[0], self.huggy_conn_id, self.company_id, self.look_every

    @classmethod
    def create_shared_stream_producer(cls, kwargs: dict[str, Any]) -> Any:
        """Return the stream of arrivals. What Airflow could not store is told again."""
        trigger = cls(**kwargs)
        watch = trigger.new_watch()
        return build_stream_producer(lambda: trigger.iter_arrivals(watch), on_loss=watch.tell_again)

    async def filter_shared_stream(self, shared_stream: AsyncIterator["Arrival"]) -> AsyncIterator[TriggerEvent]:
        """Return what Airflow stores. It acknowledges an arrival when that is done."""
        async for arrival in shared_stream:
            yield _make_event(arrival)

    def new_watch(self) -> "InboxWatch":
        from huggy_connector.airflow.live.inbox_watch import InboxWatch

        return InboxWatch(self.company_id)

    async def iter_arrivals(self, watch: "InboxWatch") -> AsyncIterator["Arrival"]:
        """Yield each arrival. A look is in a thread of its own: the event loop has the triggers of all other DAGs."""
        from asgiref.sync import sync_to_async  # by which Airflow 3.1 answers a thread that asks for a connection

        folder, looks, pause, said = Path(), 0, self.look_every, ""
        while True:
            try:
                if looks % LOOKS_PER_CONNECTION == 0:
                    folder = await sync_to_async(self._find_folder, thread_sensitive=False)()
                arrival = await sync_to_async(watch.look, thread_sensitive=False)(folder)
            except Exception as error:  # noqa: BLE001 -- no error ends the watch, and none is a reason to start a run
                looks, pause = 0, min(2 * pause, LONGEST_PAUSE_SECONDS)
                said = self._say(error, said)
            else:
                looks, pause, said = looks + 1, self.look_every, ""
                if arrival is not None:
                    yield arrival
            await asyncio.sleep(pause)

    def _find_folder(self) -> Path:
        return HuggyHook(self.huggy_conn_id).settings(uses_api=False).inbox_folder

    def _say(self, error: Exception, said: str) -> str:
        """Log an error unless it is the one that was logged last. Return its sentence."""
        sentence = str(error) if isinstance(error, HuggyError) else type(error).__name__
        if sentence != said:
            self.log.warning("The inbox cannot be watched; this is tried again: %s", sentence)
        return sentence


def _make_event(arrival: "Arrival") -> TriggerEvent:
    return TriggerEvent(asdict(arrival))  # type: ignore[no-untyped-call]
