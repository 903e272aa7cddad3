"""What lies between a shell and a command: its streams, the import of the command, and the completion of words."""

from huggy_connector.cli.shell.lazy_command import LazyCommand
from huggy_connector.cli.shell.lean_process import keep_process_lean
from huggy_connector.cli.shell.standard_streams import OutputLost, PipeClosed, standard_streams

__all__ = ["LazyCommand", "OutputLost", "PipeClosed", "keep_process_lean", "standard_streams"]
