"""What `huggy serve` serves: the webhook, flows, or both; and what its health and its metrics say of flows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from huggy_connector.errors import ConfigurationError
from huggy_connector.serve import HuggyServer
from tests.integration.serve.flow.conftest import Start
from tests.integration.serve.senders import ask, post, settings_in
from tests.unit.webhook.corpus import CLOSED, TOKEN, body, envelope

EVENT = body(envelope(closedChat=[CLOSED]))


def test_with_a_secret_of_flows_alone_there_is_no_webhook_and_no_inbox(flow_server: Start, tmp_path: Path) -> None:
    with flow_server() as flow:
        assert post(flow.server.url, EVENT) == (404, "Not Found")
        assert flow.answer("/flow/nome?contact_id=800001")["status"] == "ok"
        health, url = ask(flow.server.url, "/health"), flow.server.url
    assert (health.status, json.loads(health.text)) == (
        200,
        {
            "status": "ok",
            "version": 1,
            "updated_at": "2026-11-22T09:01:00-03:00",
            "answers": {"ok": 1},
            "rate_limited": 0,
            "timed_out": 0,
            "wrong_secrets": 0,
        },
    )
    assert not (tmp_path / "state").exists()
    assert [note for note in flow.notes if "http://" in note] == [
        f"Answering flows at {url}/flow/QUERY: customer, falha, lenta, livre, muitas, nome, quebrada."
    ]


def test_both_are_served_at_one_port_and_the_webhook_is_as_it_is_without_flows(flow_server: Start) -> None:
    with flow_server(webhook_token=TOKEN) as flow:
        assert post(flow.server.url, EVENT, company=4242) == (200, "")
        assert flow.answer("/flow/nome?contact_id=1")["status"] == "nao_encontrado"
        flow.ask("/flow/nome", secret=None)
        health = json.loads(ask(flow.server.url, "/health").text)
        metrics = ask(flow.server.url, "/metrics").text
    assert (health["status"], health["accepted"], health["flow"]["answers"]) == ("ok", 1, {"nao_encontrado": 1})
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
    }
    assert {name: value for name, value in samples.items() if name[0] != "huggy_flow_seconds_total"}.items() >= {
        ("huggy_webhook_events_total",): 1.0,
        ("huggy_flow_answers_total", "nome", "nao_encontrado"): 1.0,
        ("huggy_flow_wrong_secrets_total",): 1.0,
        ("huggy_flow_rate_limited_total",): 0.0,
        ("huggy_flow_timed_out_total",): 0.0,
        ("huggy_flow_version",): 1.0,
    }.items()


def test_without_a_secret_of_flows_there_are_none(tmp_path: Path) -> None:
    with HuggyServer(settings_in(tmp_path)) as server:
        assert (server.flow, server.webhook is None) == (None, False)


def test_without_a_warehouse_flows_are_unavailable_and_the_health_says_so(flow_server: Start, tmp_path: Path) -> None:
    with flow_server(warehouse=str(tmp_path / "none.duckdb")) as flow:
        answer = flow.answer("/flow/nome?contact_id=800001")
        health = ask(flow.server.url, "/health")
    assert answer == {"status": "indisponivel", "atualizado_em": "", "nome": ""}
    assert (health.status, json.loads(health.text)["status"]) == (503, "failing")


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ({"flow_secret": "short"}, "HUGGY_FLOW_SECRET needs at least 16"),
        ({"flow_secret": None}, "HUGGY_FLOW_QUERIES is set and HUGGY_FLOW_SECRET is not"),
        ({"flow_queries": "nowhere"}, "HUGGY_FLOW_QUERIES: .* cannot be read"),
    ],
)
def test_settings_that_are_wrong_are_one_sentence_and_leave_the_port_free(
    flow_server: Start, others: dict[str, str | None], sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence), flow_server(**others):
        pass
