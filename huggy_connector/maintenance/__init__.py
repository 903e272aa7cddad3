"""What a person does to a landing and a warehouse now and then. `pipeline.Pipeline` has a method for each."""

from huggy_connector.maintenance.compaction import MIN_AGE, CompactionReport, compact
from huggy_connector.maintenance.decisions import Decision, record_decision
from huggy_connector.maintenance.forget import ErasureReceipt, forget, forget_again

__all__ = [
    "MIN_AGE",
    "CompactionReport",
    "Decision",
    "ErasureReceipt",
    "compact",
    "forget",
    "forget_again",
    "record_decision",
]
