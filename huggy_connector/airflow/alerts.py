"""What is not red and still has to be looked at, told to somebody."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from huggy_connector.landing import Manifest
from huggy_connector.visible import visible

if TYPE_CHECKING:
    from airflow.sdk import Context

Callbacks: TypeAlias = Callable[[Any], Any] | Sequence[Callable[[Any], Any]]
"""A callback or notifier, or several: whatever Airflow takes as `on_failure_callback`."""


def alert(callbacks: Callbacks, sentences: Iterable[str], context: "Context", log: Any) -> None:
    """Tells somebody of what is no failure, but has to be looked at: it is logged as a warning, and each callback is
    called with the task's context, in which it is `huggy_alert`. So a notifier's text may be "{{ huggy_alert }}". Each
    sentence is one line, whatever names of fields it quotes.

    As with Airflow's own callbacks, one that fails is logged and fails nothing else.
    """
    told = "\n".join(map(visible, sentences))
    log.warning("%s", told)
    for callback in (callbacks,) if callable(callbacks) else callbacks:
        try:
            callback({**context, "huggy_alert": told})
        except Exception:
            log.exception("The callback %r failed.", callback)


def inexact(manifest: Manifest) -> str:
    """The sentence about a snapshot that may lack rows."""
    missing = manifest.certificate.get("missing_at_most")
    many = "how many rows are missing is not known" if missing is None else f"at most {missing:,} rows are missing"
    return (
        f"{manifest.resource}: the snapshot {manifest.folder} is not exact, {many}. {manifest.certificate['why']} "
        "The next huggy_sync reads everything again."
    )
