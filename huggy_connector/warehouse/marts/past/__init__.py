"""What was true of past days, and which of their published figures a publish changes."""
