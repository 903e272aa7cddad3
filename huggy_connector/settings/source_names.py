"""What a setting is called in each of its sources, for sentences about it."""

from __future__ import annotations

from huggy_connector.settings.account import SettingsSource
from huggy_connector.settings.texts import quote_value


def name_variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"HUGGY_{name.upper()}"


def name_in_arguments(name: str) -> str:
    """Return what an argument or an option is called."""
    return f"the argument {_quote_name(name)}"


def name_in_connection(name: str) -> str:
    """Return what a field of the Airflow connection is called."""
    return f"the connection's {_quote_name(name)}"


def name_in_shell(name: str, arguments: SettingsSource) -> str:
    """Return the name of the argument if there is one, else of the environment variable."""
    return (name_in_arguments if name in arguments.values else name_variable)(name)


def _quote_name(name: str) -> str:
    """Return the name of a setting; of an unknown one, a short quotation."""
    return name if name.isidentifier() else quote_value(name).strip() or repr(name)
