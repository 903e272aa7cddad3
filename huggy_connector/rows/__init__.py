"""Reads a value of the API as the type that the catalogue gives it. Pure."""
