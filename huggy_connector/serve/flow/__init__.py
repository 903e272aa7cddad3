"""The flow endpoint of `huggy serve`: a step of a flow asks, and the newest published warehouse answers.

service       its parts, as the settings say
endpoint      takes a request, and answers it
inputs        the inputs of a request, from its address, its headers and its body
answers       what every answer has
secrets       who may ask
rate_limit    how often one person may be asked for
request_log   a line a request, with a hash in place of what was asked
health        what GET /health and GET /metrics tell of it
"""

from huggy_connector.serve.flow.service import FlowService

__all__ = ["FlowService"]
