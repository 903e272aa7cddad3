"""Former names of secret keys in an extra. Airflow would show their values without this module."""

FORMER_SECRET_NAMES = ("hash_key", "landing_access")
"""Secrets that had only this name before `secret_` existed: see `extra_fields`. They are still read."""


def mask_former_names() -> None:
    """Let this Airflow process hide the values of the former names too.

    Airflow has a setting for it (`sensitive_var_conn_names`) and no call. Where its masker is in another module, this
    does nothing, and that setting remains.
    """
    try:
        from airflow._shared.secrets_masker import _secrets_masker as server_masker
        from airflow.sdk._shared.secrets_masker import _secrets_masker as task_masker
    except ImportError:
        return
    for masker in (server_masker(), task_masker()):
        masker.sensitive_variables_fields = [*{*masker.sensitive_variables_fields, *FORMER_SECRET_NAMES}]
