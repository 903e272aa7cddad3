"""Actions that change a chat."""
