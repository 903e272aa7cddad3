"""`huggy act`: actions by name, and what is known of their campaigns."""
