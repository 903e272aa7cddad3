"""The command line `huggy`: a thin layer over the pipeline."""

from huggy_connector.cli.app import main, start

__all__ = ["main", "start"]
