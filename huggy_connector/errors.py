"""Every error a caller may meet, as one tree.

    HuggyError
    ├── ConfigurationError        a setting, an argument or a file's place is wrong (exit 2)
    ├── ApiError                  the API, or the way to it
    │   ├── Unauthorized          401: the token is wrong, expired or of the other API version
    │   ├── Forbidden             403: the token is fine, this thing is not for it
    │   ├── NotFound              404
    │   ├── Refused               400 and every other 4xx, but 408
    │   ├── RateLimited           429 *
    │   ├── Overlong              the API asks for a pause that nobody waits out
    │   │   └── AnswerTooLarge    its answer has no end
    │   ├── ServerFailed          5xx, and 408 *
    │   ├── Unreachable           no connection, no answer in time, connection lost *
    │   │   └── Untrusted         the server's certificate is not trusted
    │   ├── MangledAnswer         cut off, empty, or not JSON *
    │   └── UnexpectedShape       good JSON of a wrong shape: an object where a list is due
    ├── ClockWrong                this host's clock and the API's are days apart (exit 2)
    ├── SweepError                the list cannot be walked to an end
    ├── LandingError              the landing folder
    │   ├── LandingUnwritable     no right to write, or no room
    │   ├── StoreAway             its object store does not answer, or fails *
    │   ├── SnapshotDamaged       a published file is missing or is not what the manifest says
    │   └── LandingBusy           someone else is landing the same thing *
    ├── WarehouseError            the DuckDB file
    │   ├── WarehouseUnusable     not a DuckDB file, not ours, of a newer version, no room
    │   ├── WarehouseBusy         another loader holds it *
    │   ├── CheckFailed           a quality check stopped the load; nothing was published
    │   └── CompanyStopped        the same, or damage, of one company; what is new of the others was published
    └── Interrupted               Ctrl-C, SIGTERM or SIGHUP; what was durable stays (exit 130)

`*` means transient: the same call may succeed later though nobody did anything. The message is one sentence or two:
what is wrong and what to do. It never holds a token, a body, a query string or personal data. Arguments are plain and
positional, so that an error survives pickling.
"""

from typing import Any, ClassVar

from huggy_connector.visible import visible


class HuggyError(Exception):
    """The root. `str(error)` is what a person reads: one line, whatever names and paths it quotes."""

    transient: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1

    def __str__(self) -> str:
        return visible(str(self.args[0])) if self.args else ""


class ConfigurationError(HuggyError):
    exit_code = 2


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
    """`retry_after` is the server's wish in seconds, or None where it gave none."""

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


class Untrusted(Unreachable):
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
    """`report` is that of the load, which published what is new of all other companies."""

    def __init__(self, message: str, report: Any = None) -> None:
        super().__init__(message, report)
        self.report = report


class Interrupted(HuggyError):
    exit_code = 130
