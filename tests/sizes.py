"""How much the tests try: some of the cases in `make test`, all of them, with more rows, in `make proof`."""

import os

FULL = os.environ.get("HUGGY_PROOF") == "full"
