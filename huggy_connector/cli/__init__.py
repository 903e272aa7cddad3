"""`huggy`: a thin shell over the pipeline."""

from huggy_connector.cli.app import main

__all__ = ["main"]
