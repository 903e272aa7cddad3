"""How an operator reads its arguments and its context, for the rest of the package."""

from typing import TYPE_CHECKING, Any

from huggy_connector.errors import ConfigurationError
from huggy_connector.model import Mode
from huggy_connector.settings import normalize_value

if TYPE_CHECKING:
    from airflow.sdk import Context

    from huggy_connector.budget import Lane


def parse_text(value: Any, argument: str) -> str:
    """Return a templated argument as text, whatever type a native template has given it.

    Raise ConfigurationError if it is not text.
    """
    try:
        text = normalize_value(value)
    except ValueError:
        text = None
    if not isinstance(text, str):
        raise ConfigurationError(f"the argument {argument} {value!r}: is no text.")
    return text


def describe_account(huggy_conn_id: str, company_id: int | str | None) -> str:
    """Return the company and its connection, or the connection alone if no company is given.

    The person on duty knows an account by its company.
    """
    return f"Company {company_id} ({huggy_conn_id})" if company_id else huggy_conn_id


def choose_lane(mode: str | None) -> "Lane":
    """Return the budget's lane for a mode. A window is a request of the moment: it waits behind the schedule."""
    from huggy_connector.budget import Lane

    return Lane.BACKFILL if mode == Mode.WINDOW else Lane.NORMAL


def build_idempotency_key(context: "Context") -> str:
    """Return the idempotency key of a task. It is the same for every try, so a retry finds the work of the try before.

    The index of a mapped task is not part of it: the list may be another one when the task is cleared. Mapped tasks
    differ in what they ask for.
    """
    ti = context["ti"]
    return f"{ti.dag_id}/{ti.run_id}/{ti.task_id}"


def find_left_out(api_version: str, *, resource: str, mode: str) -> str:
    """Return why a regular run leaves this resource out: the connection's version of the API lacks it. Else return "".

    A DAG is the same for all connections, and is parsed without reading one. Its task is not skipped: Airflow would
    skip the load too. Any other mode asks for the resource, and is refused.
    """
    from huggy_connector.api.versions import get_version
    from huggy_connector.catalogue import get_list

    name = parse_text(resource, "resource")
    if parse_text(mode, "mode") not in {"due", "reconcile"} or get_version(api_version).has(get_list(name)):
        return ""
    return f"{name}: API {api_version} has no such list; left out."
