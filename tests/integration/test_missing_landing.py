"""A load of a landing that is not there says so, and changes nothing."""

from pathlib import Path

import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.pipeline import Pipeline
from huggy_connector.settings import Settings


def settings_in(folder: Path) -> Settings:
    return Settings(
        landing=str(folder / "landing"), warehouse=str(folder / "huggy.duckdb"), state=str(folder / "state")
    )


@pytest.mark.parametrize("act", [Pipeline.load, Pipeline.rebuild])
@pytest.mark.parametrize("kind", ["nothing", "a file"])
def test_a_landing_that_is_not_there_is_named_with_what_to_do(tmp_path: Path, act: object, kind: str) -> None:
    assert callable(act)
    landing = tmp_path / "landing"
    if kind == "a file":
        landing.write_text("not a folder")
    with pytest.raises(ConfigurationError) as caught:
        act(Pipeline(settings_in(tmp_path)))
    assert str(caught.value) == (
        f"The landing {landing} {'is a file' if kind == 'a file' else 'is not there'}: set HUGGY_LANDING to the folder "
        "that `huggy land` or the DAG wrote, or run `huggy sync` to make one."
    )
    assert not (tmp_path / "huggy.duckdb").exists()


def test_a_landing_without_a_snapshot_is_loaded_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    report = Pipeline(settings_in(tmp_path)).load()
    assert f"The landing {tmp_path / 'landing'} holds no snapshot yet: is it the right one?" in report.warnings
