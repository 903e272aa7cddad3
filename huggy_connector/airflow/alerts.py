"""Alerts: what fails no task, but a person must look at it."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from huggy_connector.visible import escape_controls

if TYPE_CHECKING:
    from airflow.sdk import Context

    from huggy_connector.landing import Manifest

Callbacks: TypeAlias = Callable[[Any], Any] | Sequence[Callable[[Any], Any]]
"""A callback or notifier, or several: all that Airflow accepts as `on_failure_callback`."""


def send_alert(callbacks: Callbacks, sentences: Iterable[str], context: "Context", log: Any) -> None:
    """Log sentences as a warning, and call each callback with them.

    A callback gets the task's context with the text as `huggy_alert`, so a notifier's text may be "{{ huggy_alert }}".
    Each sentence is one line, whatever names of fields it quotes. A callback that fails is logged and fails nothing
    else, as with Airflow's own callbacks.
    """
    text = "\n".join(map(escape_controls, sentences))
    log.warning("%s", text)
    for callback in (callbacks,) if callable(callbacks) else callbacks:
        try:
            callback({**context, "huggy_alert": text})
        except Exception:
            log.exception("The callback %r failed.", callback)


def describe_inexact_snapshot(manifest: "Manifest") -> str:
    """Return the sentence about a snapshot that may lack rows."""
    missing = manifest.certificate.missing_at_most
    many = "how many rows are missing is not known" if missing is None else f"at most {missing:,} rows are missing"
    return (
        f"{manifest.resource}: the snapshot {manifest.folder} is not exact, {many}. {manifest.certificate.why} "
        "The next huggy_sync reads everything again."
    )
