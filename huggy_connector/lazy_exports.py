"""Names that a package exports and imports when they are first used (PEP 562), so that importing it costs nothing."""

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any


def export_lazily(
    package: str, names: Mapping[str, Iterable[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` of a package.

    `names` has the modules below the package, each with what is exported from it. A type checker must not see the
    result, because a module with `__getattr__` has any name: write it below `if not TYPE_CHECKING`.
    """
    module_of = {name: module for module, exported in names.items() for name in exported}

    def get_attribute(name: str) -> Any:
        here = sys.modules[package]
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=here)
        value = getattr(import_module(f"{package}.{module_of[name]}"), name)
        setattr(here, name, value)
        return value

    def list_attributes() -> list[str]:
        return sorted({*vars(sys.modules[package]), *module_of})

    return get_attribute, list_attributes
