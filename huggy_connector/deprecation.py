"""The warning about a former name. A former name still works for two minor releases, and warns in both."""

import warnings


class HuggyDeprecationWarning(FutureWarning):
    """A name that a later release will not know.

    It is a FutureWarning, because Python hides a DeprecationWarning from whoever runs a DAG or a command.
    """


def warn_deprecated(old: str, *, new: str, gone_in: str, stacklevel: int = 3) -> None:
    """Warn that `old` is called `new` now, and that the release `gone_in` (such as "0.4") will not know it.

    Python shows the warning once for each place. `stacklevel` is that place: 3 is the caller of our caller.
    """
    warnings.warn(
        f"{old} is called {new} now: change it before huggy_connector {gone_in}, which will not know the former name.",
        HuggyDeprecationWarning,
        stacklevel=stacklevel,
    )
