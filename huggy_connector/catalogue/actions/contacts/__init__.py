"""Actions that change a contact."""
