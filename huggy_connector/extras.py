"""Names the extra that brings what is missing, in one sentence for all.

`pip install huggy-connector` brings the library and the command line. What only some people need, Airflow before all,
is an extra. Modules of an extra are imported where they are used, and `require` stands before it.
"""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Final

from huggy_connector.errors import ExtraMissing

MODULES: Final[Mapping[str, Sequence[str]]] = {
    "airflow": ("airflow", "pandas"),
    "object-storage": ("obstore",),
    "redis": ("cryptography", "redis"),
    "report": ("babel", "jinja2", "matplotlib"),
    "sandbox": ("aiohttp",),
    "serve": ("prometheus_client", "starlette", "uvicorn"),
    "socks": ("socksio",),
}
"""The extras of pyproject.toml but `all`, each with the modules that the package imports from it."""


def is_installed(extra: str) -> bool:
    """Return whether all modules of an extra are there. Import none of them."""
    return all(map(_is_there, MODULES[extra]))


def require(extra: str, *, subject: str, modules: Sequence[str] = ()) -> None:
    """Raise ExtraMissing, which says what `subject` needs, unless the extra is there.

    `modules`: those of the extra that the caller needs, where it does not need all.
    """
    if not all(map(_is_there, modules or MODULES[extra])):
        raise ExtraMissing(f"{subject} needs the extra {extra}: {install_command(extra)}.")


def install_command(extra: str) -> str:
    return f'pip install "huggy-connector[{extra}]"'


def _is_there(module: str) -> bool:
    try:
        spec = find_spec(module)
    except ValueError:  # a stand-in that somebody put in its place
        return True
    return spec is not None and spec.has_location  # a folder named `airflow` in the current one is no Airflow
