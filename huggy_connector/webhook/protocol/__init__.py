"""What Huggy's webhook sends, and what is made of it. Pure."""
