"""Lines of the log, written by a thread of their own."""

import threading

from huggy_connector.serve.flow.request_log import RequestLog


def test_lines_come_in_order_and_all_are_written_by_the_end() -> None:
    lines: list[str] = []
    log = RequestLog(lines.append)
    log.start()
    for number in range(100):
        log.add(str(number))
    log.close(seconds=120)
    assert lines == [str(number) for number in range(100)]


def test_a_log_that_takes_nothing_holds_nobody_up_and_says_how_much_it_lacks() -> None:
    lines: list[str] = []
    may_write, is_writing = threading.Event(), threading.Event()

    def note(line: str) -> None:
        is_writing.set()
        may_write.wait(120)
        lines.append(line)

    log = RequestLog(note, max_waiting=2)
    log.start()
    log.add("1")
    is_writing.wait(120)
    for number in range(2, 7):
        log.add(str(number))
    may_write.set()
    log.close(seconds=120)
    assert lines == ["1", "2", "3 lines about flows were left out: the log takes them too slowly.", "3"]
