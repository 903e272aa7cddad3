"""Maps the tasks of a DAG over companies. They are independent: if one company fails, the others are still loaded."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from airflow.sdk import Param

from huggy_connector.airflow.versions import AirflowFailException
from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import clean_text

Companies: TypeAlias = Sequence[str | int] | str
"""Connection ids, and numbers of companies that the DAG's own connection reaches; or the name of a Variable that has
such a list as JSON. A Variable is read when a run starts, never when the DAG is parsed.
"""

CONNECTION_LABEL: Final = "connection {{ task.huggy_conn_id }}"
COMPANY_LABEL: Final = (
    "{% if task.company_id %}company {{ task.company_id }}{% else %}" + CONNECTION_LABEL + "{% endif %}"
)
"""Labels that Airflow shows for a company's tasks instead of their index. With words, a native template stays text."""


def add_companies_param(arguments: dict[str, Any], companies: Companies | None) -> dict[str, Any]:
    """Return the arguments of a DAG. If it has several companies, its trigger page asks which of them to run."""
    if companies is None:
        return arguments
    param = Param(
        None,
        type=["null", "array"],
        minItems=1,
        items={"type": ["string", "integer"]},
        title="Companies",
        description='Only these, such as ["huggy_acme", 4343]; empty: all of them.',
    )
    return {**arguments, "params": {"companies": param, **arguments.get("params", {})}}


def map_over_companies(build: Callable[..., Any], companies: Companies | None, *, huggy_conn_id: str) -> None:
    """Call `build(huggy_conn_id=..., company_id=...)`, which adds the tasks: once, or in a mapped group of tasks.

    Raise ConfigurationError if a list of companies has a wrong entry.
    """
    if companies is None:
        build(huggy_conn_id=huggy_conn_id, company_id=None)
        return
    from airflow.sdk import task, task_group  # takes as long as all the rest of a DAG file

    if not isinstance(companies, str):
        parse_accounts(companies, where="The argument companies", huggy_conn_id=huggy_conn_id)

    @task(task_id="companies")
    def list_accounts(*, params: Any = None) -> list[dict[str, Any]]:
        try:
            entries, where = _read_companies(companies, params.get("companies"))
            return parse_accounts(entries, where=where, huggy_conn_id=huggy_conn_id)
        except ConfigurationError as error:
            raise AirflowFailException(str(error)) from None

    task_group(group_id="company", prefix_group_id=False)(build).expand_kwargs(list_accounts())


def parse_accounts(entries: Any, *, where: str, huggy_conn_id: str) -> list[dict[str, Any]]:
    """Return connection and company of each entry, without duplicates.

    Raise ConfigurationError for a wrong entry. It names `where` the entries are.
    """
    if not isinstance(entries, Sequence) or isinstance(entries, str) or not entries:
        raise ConfigurationError(
            f'{where} must be a list of connection ids or company numbers, such as ["huggy_acme", 4343].'
        )
    accounts: list[dict[str, Any]] = []
    for entry in entries:
        if isinstance(entry, bool) or not isinstance(entry, str | int) or str(entry).strip() in {"", "0"}:
            raise ConfigurationError(f"{where} has an entry {entry!r}: it must be a connection id or a company number.")
        number = clean_text(str(entry))
        account = (
            {"huggy_conn_id": huggy_conn_id, "company_id": int(number)}
            if number.isdecimal()
            else {"huggy_conn_id": number, "company_id": None}
        )
        if account not in accounts:
            accounts.append(account)
    return accounts


def _read_companies(companies: Companies, chosen: Any) -> tuple[Any, str]:
    """Return the list of this run, and a text that says where it is."""
    if chosen:
        return chosen, "The run's parameter companies"
    if not isinstance(companies, str):
        return companies, "The argument companies"
    from airflow.sdk import Variable

    where = f"The Variable {companies!r}"
    text = Variable.get(companies, default=None)
    if text is None:
        raise ConfigurationError(
            f'There is no Variable {companies!r}: add it under Admin > Variables, such as ["huggy_acme", 4343].'
        )
    try:
        return json.loads(clean_text(text)), where
    except ValueError:
        raise ConfigurationError(f'{where} is no JSON: correct it, such as ["huggy_acme", 4343].') from None
