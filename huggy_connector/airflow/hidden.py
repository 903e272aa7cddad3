"""The names of an extra's keys that Airflow would show, were it not told."""

FORMER = ("hash_key", "landing_access")
"""Secrets that once had no other name than this: see `extra`. They are still read."""


def hide_former_names() -> None:
    """Has this process of Airflow hide them too. Airflow has a setting for it (`sensitive_var_conn_names`) and no call;
    where its masker is elsewhere, that setting remains.
    """
    try:
        from airflow._shared.secrets_masker import _secrets_masker as of_the_server
        from airflow.sdk._shared.secrets_masker import _secrets_masker as of_tasks
    except ImportError:
        return
    for masker in (of_the_server(), of_tasks()):
        masker.sensitive_variables_fields = [*{*masker.sensitive_variables_fields, *FORMER}]
