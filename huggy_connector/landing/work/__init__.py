"""A snapshot in the making: its working folder, its lease, and the checkpoint that a killed run resumes from."""
