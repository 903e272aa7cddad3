"""The Airflow edge: hook, operators and DAG factories. It is the only room that imports airflow.

Everything it does is one call of the pipeline. A name is imported when it is first used, so importing this package
imports neither Airflow nor a data library: Airflow calls `provider_info` in each of its processes. Where there is no
Airflow, the import says which extra brings it. The names of `__all__` are public: docs/public-api.md says what that
promises.
"""

from typing import TYPE_CHECKING

from huggy_connector.extras import require

if TYPE_CHECKING:
    from huggy_connector.airflow.actions.action_operator import HuggyActionOperator
    from huggy_connector.airflow.actions.approval import HuggyApprovalOperator
    from huggy_connector.airflow.actions.plan_operator import HuggyActionPlanOperator
    from huggy_connector.airflow.assets import table
    from huggy_connector.airflow.dags import huggy_backfill, huggy_campaign, huggy_live, huggy_reconcile, huggy_sync
    from huggy_connector.airflow.hook import HuggyHook
    from huggy_connector.airflow.live.inbox_events import inbox_events
    from huggy_connector.airflow.live.inbox_trigger import HuggyInboxTrigger
    from huggy_connector.airflow.live.live_operator import HuggyLiveOperator
    from huggy_connector.airflow.operators import HuggyPlanOperator, HuggyToParquetOperator, ParquetToDuckDBOperator
else:
    from huggy_connector.lazy_exports import export_lazily

    __getattr__, __dir__ = export_lazily(
        __name__,
        {
            "actions.action_operator": ["HuggyActionOperator"],
            "actions.approval": ["HuggyApprovalOperator"],
            "actions.plan_operator": ["HuggyActionPlanOperator"],
            "assets": ["table"],
            "dags": ["huggy_backfill", "huggy_campaign", "huggy_live", "huggy_reconcile", "huggy_sync"],
            "hook": ["HuggyHook"],
            "live.inbox_events": ["inbox_events"],
            "live.inbox_trigger": ["HuggyInboxTrigger"],
            "live.live_operator": ["HuggyLiveOperator"],
            "operators": ["HuggyPlanOperator", "HuggyToParquetOperator", "ParquetToDuckDBOperator"],
        },
    )

require("airflow", subject="huggy_connector.airflow", modules=("airflow",))

__all__ = [
    "HuggyActionOperator",
    "HuggyActionPlanOperator",
    "HuggyApprovalOperator",
    "HuggyHook",
    "HuggyInboxTrigger",
    "HuggyLiveOperator",
    "HuggyPlanOperator",
    "HuggyToParquetOperator",
    "ParquetToDuckDBOperator",
    "huggy_backfill",
    "huggy_campaign",
    "huggy_live",
    "huggy_reconcile",
    "huggy_sync",
    "inbox_events",
    "table",
]
