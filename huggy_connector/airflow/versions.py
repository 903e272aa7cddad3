"""What differs between the Airflows that this package runs in, 3.1 to 3.3. No other module asks for the version.

Modules that import Airflow import this one first, so that an older Airflow gets one sentence. docs/airflow.md says what
a user of 3.1 or 3.2 does without. A branch for a version goes when that version does.
"""

from collections.abc import AsyncIterator, Callable, Container, Mapping, Sequence
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Protocol

from airflow import __version__

from huggy_connector.errors import ConfigurationError


class TaskStateStore(Protocol):
    """The method of Airflow's task state store that this package calls."""

    def set(self, key: str, value: Any) -> None: ...


def parse_version(version: str) -> tuple[int, int]:
    """Return major and minor version. Raise ConfigurationError if this package does not run in such an Airflow."""
    major, minor = (int(part) for part in version.split(".")[:2])
    if (major, minor) < (3, 1):
        raise ConfigurationError(
            f"huggy-connector runs inside Airflow 3.1 or newer, and this is {version}: install it into a virtual "
            "environment of its own and call `huggy sync` with a BashOperator (docs/airflow.md shows both)."
        )
    return major, minor


AIRFLOW: Final = parse_version(__version__)

if TYPE_CHECKING:
    from airflow.sdk import Asset

if TYPE_CHECKING or AIRFLOW >= (3, 2):
    from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException, AirflowSkipException
else:
    from airflow.exceptions import AirflowFailException, AirflowNotFoundException, AirflowSkipException

__all__ = [
    "AIRFLOW",
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowSkipException",
    "TaskStateStore",
    "build_approval_arguments",
    "build_asset_or_time_schedule",
    "build_form_widgets",
    "build_retry_arguments",
    "build_stream_producer",
    "find_task_state_store",
    "parse_version",
]


def build_retry_arguments(
    choose_delay: Callable[[BaseException], timedelta | None], *, reason: str, airflow: tuple[int, int] = AIRFLOW
) -> dict[str, Any]:
    """Return the arguments of an operator whose next try comes after the delay that an error asks for.

    If `choose_delay` returns None, the task's own `retry_delay` decides. Before Airflow 3.3 it always does: there are
    no arguments.
    """
    if airflow < (3, 3):
        return {}
    from airflow.sdk import RetryDecision, RetryPolicy

    class ChosenDelay(RetryPolicy):
        def evaluate(
            self,
            exception: BaseException,
            try_number: int,  # noqa: ARG002 -- Airflow's signature
            max_tries: int,  # noqa: ARG002
            context: Any = None,  # noqa: ARG002
        ) -> RetryDecision:
            delay = choose_delay(exception)
            return RetryDecision.default() if delay is None else RetryDecision.retry(delay=delay, reason=reason)

    return {"retry_policy": ChosenDelay()}


def find_task_state_store(context: Mapping[str, Any]) -> TaskStateStore | None:
    """Return the store whose values Airflow's UI shows while a task runs, or None before Airflow 3.3."""
    store: TaskStateStore | None = context.get("task_state_store")
    return store


def build_form_widgets(fields: Mapping[str, Any], *, load: Callable[[str], Any] = import_module) -> dict[str, Any]:
    """Return the `conn-fields` of provider_info as Airflow 3.1 wants them; newer ones read provider_info itself.

    The libraries that draw such a form are not there outside the api-server, which has stand-ins for them. Raise
    ImportError without them, as Airflow expects.
    """
    wtforms, validators = load("wtforms"), load("wtforms.validators")

    def build(field: Mapping[str, Any]) -> Any:
        schema = field["schema"]
        kind = wtforms.IntegerField if "integer" in schema["type"] else wtforms.StringField
        if schema.get("format") == "password":
            kind = wtforms.PasswordField
        choices = [validators.any_of(schema["enum"])] if "enum" in schema else []
        return kind(field["label"], validators=[validators.Optional(), *choices], description=field["description"])

    return {name: build(field) for name, field in fields.items()}


def build_asset_or_time_schedule(time: Any, asset: "Asset", *, airflow: tuple[int, int] = AIRFLOW) -> Any:
    """Return the schedule of a DAG that runs at certain times and whenever an asset is updated.

    `time` is a cron expression in UTC, or a timetable.
    """
    assets, triggers = (
        ("airflow.sdk",) * 2 if airflow >= (3, 2) else ("airflow.timetables.assets", "airflow.timetables.trigger")
    )
    timetable = import_module(triggers).CronTriggerTimetable(time, timezone="UTC") if isinstance(time, str) else time
    return import_module(assets).AssetOrTimeSchedule(timetable=timetable, assets=asset)


def build_approval_arguments(
    accepted: Container[str], *, wait: timedelta, approvers: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the arguments of Airflow's HITLOperator for how long it waits, and for whom.

    `accepted` are those that the installed apache-airflow-providers-standard has: it has a version of its own. Raise
    ConfigurationError if it cannot wait for certain people.
    """
    limit = "response_timeout" if "response_timeout" in accepted else "execution_timeout"
    if not approvers:
        return {limit: wait}
    if "assigned_users" not in accepted:
        raise ConfigurationError(
            "approvers: this apache-airflow-providers-standard cannot wait for certain people: upgrade it, or leave "
            "approvers out."
        )
    return {limit: wait, "assigned_users": [{"id": each, "name": each} for each in approvers]}


def build_stream_producer(open_stream: Callable[[], AsyncIterator[Any]], *, on_loss: Callable[[], None]) -> Any:
    """Return what a trigger's shared stream reads from. `on_loss` is called where Airflow has not stored what it read.

    Only Airflow 3.3 and newer have such streams, and ask for this.
    """
    from airflow.triggers.shared_stream import AdvanceItem, SharedStreamProducer

    class Producer(SharedStreamProducer):
        async def open_stream(self) -> AsyncIterator[tuple[Any, None]]:
            async for event in open_stream():
                yield event, None

        async def advance(self, batch: Sequence[AdvanceItem]) -> None:
            if not all(item.outcome.is_clean for item in batch):
                on_loss()

    return Producer()
