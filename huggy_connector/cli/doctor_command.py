"""The command that checks everything that support would ask: doctor."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from huggy_connector.cli.options import (
    API_SETTINGS,
    BUDGET_SETTINGS,
    LANDING_SETTINGS,
    WAREHOUSE_SETTINGS,
    as_json,
    setting_texts,
)
from huggy_connector.cli.output import print_json, print_table, say


@click.command()
@click.option("--offline", is_flag=True, help="Ask Huggy nothing.")
@setting_texts(*API_SETTINGS, *BUDGET_SETTINGS, *LANDING_SETTINGS, *WAREHOUSE_SETTINGS)
@as_json
def doctor(*, explicit: Mapping[str, Any], offline: bool, as_json: bool) -> int:
    """Check everything that support would ask, and say what to do. It changes nothing and shows no secret.

    The exit code is 1 if a check failed.

    \b
    Examples: huggy doctor
              huggy doctor --offline --json
    """
    from huggy_connector.pipeline import Pipeline
    from huggy_connector.pipeline.doctor import CheckState
    from huggy_connector.settings.review import SettingsReview

    review = SettingsReview.read(explicit=explicit, environ=os.environ)
    diagnosis = Pipeline(review.settings).diagnose(review, environ=os.environ, offline=offline)
    if as_json:
        checks = [asdict(row) for row in diagnosis.rows]
        print_json({"ok": diagnosis.is_ok, "checks": checks, "versions": diagnosis.versions})
    else:
        print_table(
            ("check", "state", "found", "what to do"),
            ((row.name, row.state, row.found, row.advice) for row in diagnosis.rows),
        )
        counts = Counter(row.state for row in diagnosis.rows)
        say(", ".join(f"{counts[state]} {state}" for state in CheckState) + ".")
    return 0 if diagnosis.is_ok else 1
