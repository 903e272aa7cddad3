"""The server of `huggy serve`: one process that takes what Huggy's webhook sends.

server            starts it, and ends it without losing anything
application       its addresses
endpoint          takes a request of the webhook, and gives it to `webhook.receiver`
request_body      reads a body, up to a size and a time
connection        a connection that does not wait for ever for a request
forgotten_people  the lists of forgotten people, read again and again
health            what GET /health and GET /metrics tell
"""

from huggy_connector.extras import require

require("serve", subject="huggy serve")

from huggy_connector.serve.server import WebhookServer, serve  # noqa: E402 -- the extra comes first

__all__ = ["WebhookServer", "serve"]
