"""A DAG's tasks once for each company. Each company's go their own way: where one fails, the others are loaded."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from airflow.sdk import Param, Variable, task, task_group
from airflow.sdk.exceptions import AirflowFailException

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import cleaned

Companies: TypeAlias = Sequence[str | int] | str
"""Connection ids, and numbers of companies that the DAG's own connection reaches; or the name of a Variable in which
such a list stands as JSON. A Variable is read when a run starts, never when the DAG is parsed.
"""

LOAD_NAMED: Final = "connection {{ task.huggy_conn_id }}"
NAMED: Final = "{% if task.company_id %}company {{ task.company_id }}{% else %}" + LOAD_NAMED + "{% endif %}"
"""What Airflow shows of a company's tasks in place of their index: words, of which native templates make no number."""


def asking_which(arguments: dict[str, Any], companies: Companies | None) -> dict[str, Any]:
    """The arguments of a DAG, whose trigger page asks which companies if it has several."""
    if companies is None:
        return arguments
    asked = Param(
        None,
        type=["null", "array"],
        minItems=1,
        items={"type": ["string", "integer"]},
        title="Companies",
        description='Only these, such as ["huggy_acme", 4343]; empty: all of them.',
    )
    return {**arguments, "params": {"companies": asked, **arguments.get("params", {})}}


def for_each_company(build: Callable[..., Any], companies: Companies | None, *, huggy_conn_id: str) -> None:
    """Calls `build(huggy_conn_id=..., company_id=...)`, which makes the tasks: once, or in a group that is mapped."""
    if companies is None:
        build(huggy_conn_id=huggy_conn_id, company_id=None)
        return
    if not isinstance(companies, str):
        accounts_of(companies, where="The argument companies", huggy_conn_id=huggy_conn_id)

    @task(task_id="companies")
    def listed(*, params: Any = None) -> list[dict[str, Any]]:
        try:
            given, where = _listed(companies, params.get("companies"))
            return accounts_of(given, where=where, huggy_conn_id=huggy_conn_id)
        except ConfigurationError as error:
            raise AirflowFailException(str(error)) from None

    task_group(group_id="company", prefix_group_id=False)(build).expand_kwargs(listed())


def accounts_of(listed: Any, *, where: str, huggy_conn_id: str) -> list[dict[str, Any]]:
    """Connection and company of each entry, each once. Raises ConfigurationError, which names `where` they stand."""
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise ConfigurationError(
            f'{where} must be a list of connection ids or company numbers, such as ["huggy_acme", 4343].'
        )
    accounts: list[dict[str, Any]] = []
    for entry in listed:
        if isinstance(entry, bool) or not isinstance(entry, str | int) or str(entry).strip() in {"", "0"}:
            raise ConfigurationError(f"{where} has an entry {entry!r}: it must be a connection id or a company number.")
        number = cleaned(str(entry))
        account = (
            {"huggy_conn_id": huggy_conn_id, "company_id": int(number)}
            if number.isdecimal()
            else {"huggy_conn_id": number, "company_id": None}
        )
        if account not in accounts:
            accounts.append(account)
    return accounts


def _listed(companies: Companies, asked: Any) -> tuple[Any, str]:
    """The list of this run, and where it stands."""
    if asked:
        return asked, "The run's parameter companies"
    if not isinstance(companies, str):
        return companies, "The argument companies"
    where = f"The Variable {companies!r}"
    text = Variable.get(companies, default=None)
    if text is None:
        raise ConfigurationError(
            f'There is no Variable {companies!r}: add it under Admin > Variables, such as ["huggy_acme", 4343].'
        )
    try:
        return json.loads(cleaned(text)), where
    except ValueError:
        raise ConfigurationError(f'{where} is no JSON: correct it, such as ["huggy_acme", 4343].') from None
