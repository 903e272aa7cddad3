"""A probe of a folder fails where a file would, and leaves nothing."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from huggy_connector.storage import probe_folder


def test_a_folder_of_ours_can_be_written_to_and_stays_as_it_was(tmp_path: Path) -> None:
    probe_folder(tmp_path)
    assert [*tmp_path.iterdir()] == []


def test_a_folder_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "gone", tmp_path / "file"):
        with pytest.raises(OSError, match=r"No such file|Not a directory"):
            probe_folder(folder)


def test_a_disk_that_takes_an_empty_file_and_no_byte_is_full(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:  # a limit cannot be taken back, so a process of its own has it
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        try:
            probe_folder(tmp_path)
        except OSError:
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert [*tmp_path.iterdir()] == []
