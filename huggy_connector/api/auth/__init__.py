"""Whose requests these are: tokens, where they are stored, and how they are refreshed."""
