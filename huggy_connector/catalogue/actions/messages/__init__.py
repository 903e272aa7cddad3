"""Actions that add something to a chat. Twice is visible to people."""
