"""Runs `huggy` in processes forked from one that has imported everything, with a fault in their way: see calls.c.

Each line of standard input is an order, as JSON: `arguments`, the call number `at` which the fault comes, its `error`
(0 is a kill), and the folder `root` whose calls are counted. The answer is a line of JSON too.
"""

import ctypes
import json
import os
import sys
import tempfile
from functools import partial
from typing import Any

import duckdb  # noqa: F401 -- imported before the fork, as all that takes long
import holidays  # noqa: F401
import httpx  # noqa: F401
import pyarrow.parquet  # noqa: F401

import huggy_connector.maintenance
import huggy_connector.pipeline  # noqa: F401
from huggy_connector.cli import main
from tests.integration.forking import orders, say


def child(order: dict[str, Any], answer: str) -> None:
    calls = ctypes.CDLL(os.environ["LD_PRELOAD"])
    calls.calls_seen.restype = ctypes.c_char_p
    said = os.open(f"{answer}/said", os.O_CREAT | os.O_TRUNC | os.O_RDWR)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(said, 1)
    os.dup2(said, 2)
    calls.calls_arm(order["root"].encode(), ctypes.c_long(order["at"]), order["error"])
    code = main(order["arguments"])
    seen = calls.calls_seen().decode()
    sys.stdout.flush()
    sys.stderr.flush()
    with open(f"{answer}/told", "w") as told:  # noqa: PTH123
        json.dump({"code": code, "seen": seen}, told)
    os._exit(0)


def serve() -> None:
    with tempfile.TemporaryDirectory() as answer:
        for status, _ in orders(partial(child, answer=answer)):
            told = {"code": None, "seen": ""}
            if status == 0:
                with open(f"{answer}/told") as file:  # noqa: PTH123
                    told = json.load(file)
            with open(f"{answer}/said", errors="replace") as file:  # noqa: PTH123
                said = file.read()
            say({**told, "killed": os.WIFSIGNALED(status), "said": said})


if __name__ == "__main__":
    serve()
