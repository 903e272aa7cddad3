"""The ledger of a dry run where none is: it knows nothing."""

from __future__ import annotations

from datetime import UTC, datetime

from huggy_connector.pipeline.campaigns.empty_ledger import EmptyLedger


def test_an_empty_ledger_knows_nothing() -> None:
    ledger = EmptyLedger()
    assert (
        ledger.opt_outs(),
        ledger.opt_out_of(8),
        ledger.last_reached(8),
        ledger.reached_since(datetime.now(UTC)),
        ledger.owner_of("message", 1),
        ledger.campaigns(),
        [*ledger.rows("idle")],
    ) == ({}, None, None, 0, None, [], [])
    ledger.close()
