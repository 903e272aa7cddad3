"""The product in one class, usable without Airflow: `Pipeline`.

`modes` chooses how a resource is read. `idempotent_landing` finds what is published already. `run` lands a resource.
`publishing` makes new versions of the warehouse. `cost_estimate` says what a landing would cost.
`live` lands what the webhook told, round after round.
`doctor` checks what support would ask; it is imported when it is called.
"""

from huggy_connector.catalogue import windowed_resources
from huggy_connector.pipeline.check import MIN_CLOCK_SKEW, AccountCheck
from huggy_connector.pipeline.cost_estimate import CostEstimate
from huggy_connector.pipeline.live import RoundReport
from huggy_connector.pipeline.modes import parse_optional_span, parse_span
from huggy_connector.pipeline.pipeline import Pipeline
from huggy_connector.pipeline.publishing import SyncReport

__all__ = [
    "MIN_CLOCK_SKEW",
    "AccountCheck",
    "CostEstimate",
    "Pipeline",
    "RoundReport",
    "SyncReport",
    "parse_optional_span",
    "parse_span",
    "windowed_resources",
]
