"""The server of `huggy serve`: one process that takes what Huggy's webhook sends, and answers its flows.

server            starts it, and ends it without losing anything
application       its addresses
webhook_service   the webhook with all its parts
endpoint          takes a request of the webhook, and gives it to `webhook.receiver`
flow/             the flow endpoint
request_body      reads a body, up to a size and a time
connection        a connection that does not wait for ever for a request
forgotten_people  the lists of forgotten people, read again and again
health            what GET /health and GET /metrics tell of the webhook
"""

from huggy_connector.extras import require

require("serve", subject="huggy serve")

from huggy_connector.serve.server import HuggyServer, serve  # noqa: E402 -- the extra comes first

__all__ = ["HuggyServer", "serve"]
