"""Stands for a `huggy` that a warm process runs in a fork: see warm_process.py. It imports as little as it can."""

import marshal
import os
import signal
import socket
import sys

LENGTH = 8
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    # A signal that comes before there is a process to pass it on to waits for it.
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(sys.argv[1])
        streams = [number for number in range(3) if is_open(number)]
        folder = os.getcwd()  # noqa: PTH109 -- pathlib takes longer to import than all of the rest
        order = marshal.dumps([sys.argv[2:], dict(os.environ), folder, streams])
        socket.send_fds(door, [len(order).to_bytes(LENGTH, "big")], streams)
        door.sendall(order)
        process = receive(door)
        for number in PASSED_ON:
            signal.signal(number, lambda number, _: pass_on(process, number))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
        code = os.waitstatus_to_exitcode(receive(door))
    if code < 0:  # of SIGKILL nobody needs to ask the default
        if -code in PASSED_ON:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def pass_on(process: int, number: int) -> None:
    try:  # noqa: SIM105 -- nothing else needs contextlib here
        os.kill(process, number)
    except ProcessLookupError:  # it has just ended
        pass


def is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def receive(door: socket.socket) -> int:
    received = b""
    while len(received) < LENGTH:
        part = door.recv(LENGTH - len(received))
        if not part:
            sys.exit("The warm process has ended.")
        received += part
    return int.from_bytes(received, "big")


main()
