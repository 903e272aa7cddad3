"""A process that sends requests to a counting server under a shared budget, and prints what it was told.

    worker.py SPEC STATE_FOLDER PORT THREADS SECONDS

A request is one byte, and so is its answer.
"""

import json
import socket
import sys
import threading
import time
from pathlib import Path

from huggy_connector.budget import SharedBudget, open_budget


def send_until(end: float, budget: SharedBudget, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as server:
        while time.monotonic() < end:
            with budget.take_turn() as turn:
                server.sendall(b"?")
                if not server.recv(1):
                    return
                turn.record_answer()


def main(spec: str, folder: str, port: str, threads: str, seconds: str) -> None:
    told: list[str] = []
    budget = open_budget(spec, scope="a test", rate=20.0, state_folder=Path(folder), note=told.append)
    end = time.monotonic() + float(seconds)
    senders = [threading.Thread(target=send_until, args=(end, budget, int(port))) for _ in range(int(threads))]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    budget.close()
    sys.stdout.write(json.dumps({"told": told, "cpu": time.process_time()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
