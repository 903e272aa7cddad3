"""The tree of all errors.

    HuggyError
    ├── ConfigurationError        a setting, an argument or a path is wrong (exit 2)
    │   └── ExtraMissing          an extra of the package is not installed; also an ImportError (exit 2)
    ├── ApiError                  the API, or the connection to it
    │   ├── Unauthorized          401: the token is wrong, expired or of the other API version
    │   ├── Forbidden             403: the token is valid, but may not read this
    │   ├── NotFound              404
    │   ├── Refused               400 and every other 4xx except 408
    │   ├── RateLimited           429 *
    │   ├── Overlong              the API asks for too long a pause
    │   │   └── AnswerTooLarge    its answer is too large
    │   ├── ServerFailed          5xx, and 408 *
    │   ├── Unreachable           no connection, no answer in time, connection lost *
    │   │   └── NeverSent         no connection: nothing of the request left this host *
    │   │       └── Untrusted     the server's certificate is not trusted
    │   ├── MangledAnswer         cut off, empty, or not JSON *
    │   └── UnexpectedShape       valid JSON of the wrong shape: an object in place of a list
    ├── ClockWrong                this host's clock and the API's are days apart (exit 2)
    ├── SweepError                the sweep of a list cannot be completed
    ├── LandingError              the landing folder
    │   ├── LandingUnwritable     no permission to write, or no space
    │   ├── StoreAway             its object store does not answer, or fails *
    │   ├── SnapshotDamaged       a published file is missing or is not what the manifest says
    │   └── LandingBusy           another run is landing the same resource *
    ├── WarehouseError            the DuckDB file
    │   ├── WarehouseUnusable     not a DuckDB file, not ours, of a newer version, or no space
    │   ├── WarehouseBusy         another loader holds it *
    │   ├── CheckFailed           a quality check stopped the load; nothing was published
    │   └── CompanyStopped        the same, or damage, for one company; the others were published
    ├── WebhookError              what the webhook received
    │   ├── InboxUnusable         not an inbox, of another version, damaged, no permission or no space
    │   └── InboxBusy             another process holds the inbox, or it takes nothing for now *
    ├── ActionError               a write to Huggy, or its ledger
    │   ├── LedgerUnusable        not a ledger, lost, older than what was sent, of another version, no space
    │   ├── LedgerBusy            another process holds it for longer than it may *
    │   └── CampaignStopped       a guard or a person stopped it; what was not sent waits
    └── Interrupted               Ctrl-C, SIGTERM or SIGHUP; durable data stays (exit 130)

`*` means transient: the same call may succeed later without any action. The message is one or two sentences: what is
wrong and what to do. It never holds a token, a body, a query string or personal data. Arguments are plain values and
positional, so that an error can be pickled.
"""

from typing import Any, ClassVar

from huggy_connector.visible import escape_controls


class HuggyError(Exception):
    """The root of all errors. `str(error)` is for a person: one line, whatever names and paths it quotes."""

    transient: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1

    def __str__(self) -> str:
        return escape_controls(str(self.args[0])) if self.args else ""


class ConfigurationError(HuggyError):
    exit_code = 2


class ExtraMissing(ConfigurationError, ImportError):
    pass


class ApiError(HuggyError):
    pass


class Unauthorized(ApiError):
    pass


class Forbidden(ApiError):
    pass


class NotFound(ApiError):
    pass


class Refused(ApiError):
    pass


class RateLimited(ApiError):
    """`retry_after`: the seconds that the server asks for; None if it names none."""

    transient = True

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after)
        self.retry_after = retry_after


class Overlong(ApiError):
    pass


class AnswerTooLarge(Overlong):
    pass


class ServerFailed(ApiError):
    transient = True


class Unreachable(ApiError):
    transient = True


class NeverSent(Unreachable):
    pass


class Untrusted(NeverSent):
    transient = False


class MangledAnswer(ApiError):
    transient = True


class UnexpectedShape(ApiError):
    pass


class ClockWrong(HuggyError):
    exit_code = 2


class SweepError(HuggyError):
    pass


class LandingError(HuggyError):
    pass


class LandingUnwritable(LandingError):
    pass


class StoreAway(LandingError):
    transient = True


class SnapshotDamaged(LandingError):
    pass


class LandingBusy(LandingError):
    transient = True


class WarehouseError(HuggyError):
    pass


class WarehouseUnusable(WarehouseError):
    pass


class WarehouseBusy(WarehouseError):
    transient = True


class CheckFailed(WarehouseError):
    pass


class CompanyStopped(WarehouseError):
    """`report` is the report of the load, which published the new data of all other companies."""

    def __init__(self, message: str, report: Any = None) -> None:
        super().__init__(message, report)
        self.report = report


class WebhookError(HuggyError):
    pass


class InboxUnusable(WebhookError):
    pass


class InboxBusy(WebhookError):
    transient = True


class ActionError(HuggyError):
    pass


class LedgerUnusable(ActionError):
    pass


class LedgerBusy(ActionError):
    transient = True


class CampaignStopped(ActionError):
    pass


class Interrupted(HuggyError):
    exit_code = 130
