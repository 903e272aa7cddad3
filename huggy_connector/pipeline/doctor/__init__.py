"""Checks everything that support would ask, and changes nothing.

`check_row` and `check_runner` say what a check is and run it. `diagnosis` has all checks in their order.
"""

from huggy_connector.pipeline.doctor.check_row import CheckRow, CheckState
from huggy_connector.pipeline.doctor.diagnosis import Diagnosis, diagnose

__all__ = ["CheckRow", "CheckState", "Diagnosis", "diagnose"]
