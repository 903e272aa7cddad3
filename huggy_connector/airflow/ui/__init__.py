"""The pages of the plugin, and who may see them. Importing this package imports nothing."""

PREFIX = "/huggy"
"""Where the API server mounts the pages."""
