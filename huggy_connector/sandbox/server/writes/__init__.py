"""The writes of the stand-in: their routes by version, their faults, and the log of what was done."""
