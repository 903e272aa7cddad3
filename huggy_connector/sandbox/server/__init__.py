"""The server of the stand-in: real HTTP, the limit, and the faults."""

from huggy_connector.extras import require

require("sandbox", subject="huggy_connector.sandbox")
