"""What is done to a landing and a warehouse now and then, by a person. Usable without Airflow."""

from huggy_connector.maintenance.compaction import AGE, Compacted, compact
from huggy_connector.maintenance.forget import Receipt, forget, forget_again
from huggy_connector.maintenance.versions import Judgement, judge, rebuild, rollback

__all__ = [
    "AGE",
    "Compacted",
    "Judgement",
    "Receipt",
    "compact",
    "forget",
    "forget_again",
    "judge",
    "rebuild",
    "rollback",
]
