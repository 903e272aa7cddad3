"""A package that exports lazily imports a module when one of its names is used, and has no other names."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from huggy_connector.lazy_exports import export_lazily

pytestmark = pytest.mark.slow  # the package is made in a folder

PACKAGE = "a_package_of_this_test"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    (tmp_path / PACKAGE).mkdir()
    (tmp_path / PACKAGE / "__init__.py").write_text("here = 1\n")
    (tmp_path / PACKAGE / "stones.py").write_text("class Stone: ...\nclass Pebble: ...\nclass Sand: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = __import__(PACKAGE)
    hooks = export_lazily(PACKAGE, {"stones": ["Pebble", "Stone"]})
    vars(module).update(zip(("__getattr__", "__dir__"), hooks, strict=True))
    yield module
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_a_name_is_imported_when_it_is_first_used_and_is_the_modules_own(package: ModuleType) -> None:
    assert f"{PACKAGE}.stones" not in sys.modules
    stone = package.Stone
    assert (stone, stone.__module__) == (package.stones.Stone, f"{PACKAGE}.stones")
    assert vars(package)["Stone"] is stone


def test_a_listing_has_the_names_that_are_not_imported_yet(package: ModuleType) -> None:
    assert [name for name in dir(package) if not name.startswith("__")] == ["Pebble", "Stone", "here"]
    assert f"{PACKAGE}.stones" not in sys.modules


def test_a_name_that_is_not_exported_is_an_attribute_error_that_knows_its_package(package: ModuleType) -> None:
    with pytest.raises(AttributeError) as raised:
        package.Sand  # noqa: B018
    assert (str(raised.value), raised.value.name, raised.value.obj) == (
        f"module '{PACKAGE}' has no attribute 'Sand'",
        "Sand",
        package,
    )
    with pytest.raises(ImportError):
        exec(f"from {PACKAGE} import Sand")


def test_a_module_of_the_package_is_imported_as_ever(package: ModuleType) -> None:
    scope: dict[str, object] = {}
    exec(f"from {PACKAGE} import stones", scope)
    assert scope["stones"] is sys.modules[f"{PACKAGE}.stones"]
