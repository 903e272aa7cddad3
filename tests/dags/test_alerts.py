"""An alert reaches every callback as one text, in one line a sentence, and never fails the task that sends it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from huggy_connector.airflow.alerts import describe_inexact_snapshot, send_alert
from huggy_connector.model import Certificate
from tests.manifests import make_manifest

LOG = logging.getLogger("huggy.test_alerts")


def context_of(run_id: str) -> Any:
    return {"run_id": run_id}


def test_every_callback_gets_the_context_with_all_sentences(caplog: pytest.LogCaptureFixture) -> None:
    called: list[Any] = []
    context = context_of("run-1")
    send_alert([called.append, called.append], iter(["Late.", "Few."]), context, LOG)
    assert called == [{"run_id": "run-1", "huggy_alert": "Late.\nFew."}] * 2
    assert context == context_of("run-1")
    assert [(each.levelname, each.getMessage()) for each in caplog.records] == [("WARNING", "Late.\nFew.")]


@pytest.mark.parametrize("wrap", [lambda call: call, lambda call: [call], lambda call: (call,)])
def test_one_callback_may_stand_alone(wrap: Callable[[Any], Any]) -> None:
    called: list[str] = []
    send_alert(wrap(lambda context: called.append(context["huggy_alert"])), ["Late."], context_of("run-1"), LOG)
    assert called == ["Late."]


def test_without_a_callback_the_log_has_the_alert(caplog: pytest.LogCaptureFixture) -> None:
    send_alert((), ["100 %s of it."], context_of("run-1"), LOG)
    assert [each.getMessage() for each in caplog.records] == ["100 %s of it."]


def test_a_sentence_that_quotes_a_hostile_name_stays_one_line(caplog: pytest.LogCaptureFixture) -> None:
    called: list[str] = []
    hostile = "A field na\u00efve\n[2026-11-22] INFO - all is well\r\x1b[2K\u202e appeared."
    send_alert(lambda context: called.append(context["huggy_alert"]), [hostile, "Few."], context_of("run-1"), LOG)
    shown = "A field na\u00efve\\n[2026-11-22] INFO - all is well\\r\\x1b[2K\\u202e appeared.\nFew."
    assert (called, caplog.messages) == ([shown], [shown])


def test_a_callback_that_fails_is_logged_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    called: list[str] = []

    def fail(context: Any) -> None:
        raise ConnectionError(context["huggy_alert"])

    send_alert([fail, lambda context: called.append(context["huggy_alert"])], ["Late."], context_of("run-1"), LOG)
    assert called == ["Late."]
    failed = caplog.records[-1]
    assert (failed.levelname, failed.getMessage()) == ("ERROR", f"The callback {fail!r} failed.")
    assert failed.exc_info is not None
    assert failed.exc_info[0] is ConnectionError


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_a_callback_in_which_the_process_is_ended_ends_it(stop: type[BaseException]) -> None:
    def end(_: Any) -> None:
        raise stop

    with pytest.raises(stop):
        send_alert(end, ["Late."], context_of("run-1"), LOG)


@pytest.mark.parametrize(
    ("certificate", "many"),
    [
        ({"exact": False, "missing_at_most": 1234, "why": "Rows left."}, "at most 1,234 rows are missing"),
        ({"exact": False, "missing_at_most": None, "why": "Rows left."}, "how many rows are missing is not known"),
        ({"exact": False, "missing_at_most": 0, "why": "Rows left."}, "at most 0 rows are missing"),
    ],
)
def test_an_inexact_snapshot_is_told_with_its_folder_its_reason_and_what_repairs_it(
    certificate: dict[str, Any], many: str
) -> None:
    manifest = make_manifest(company_id=4242, certificate=Certificate(**certificate))
    assert describe_inexact_snapshot(manifest) == (
        f"chats: the snapshot 4242/chats/20261122T070000Z-full-1a2b3c4d is not exact, {many}. Rows left. "
        "The next huggy_sync reads everything again."
    )
