"""Commands for what the webhook tells: serve, webhook, live."""
