"""The way to a receiver over real HTTP: handshake, time, and what is sent again."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from huggy_connector.sandbox.webhook.post import Post, is_token
from huggy_connector.sandbox.webhook.record import Record, Told
from huggy_connector.sandbox.webhook.requests import Request, create_request
from tests.integration.sandbox.receiver import Answer, Receiver, run_receiver

TOKEN = "0123456789abcdef" * 2


class Sleeper:
    """Sleeps no time, and knows how long it should have slept."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def send(url: str, *actions: Callable[[Post], Awaitable[None]], **choices: Any) -> tuple[Record, list[float]]:
    """Do these things with an open way, one after the other. Return what was recorded, and what was slept."""
    record, sleeper = Record(), Sleeper()
    chosen: dict[str, Any] = {"timeout": 600.0, "retries": 0, "parallel": 4} | choices

    async def run() -> None:
        post = Post(url, record, sleep=sleeper.sleep, **chosen)
        post.is_open = True
        async with aiohttp.ClientSession() as session:
            post.attach(session)
            for action in actions:
                await action(post)

    asyncio.run(run())
    return record, sleeper.slept


def create_told() -> Told:
    return Record().add("closedChat", {"id": 1}, moment=0)


def deliver(told: Told, **choices: Any) -> Callable[[Post], Awaitable[None]]:
    request = create_request("envelope", [told], b'{"messages":{}}', **choices)
    return lambda post: post.deliver(request)


@pytest.mark.parametrize("text", [TOKEN, f" {TOKEN}\n", f'"{TOKEN}"', f'{{"token": "{TOKEN}", "ok": true}}'])
def test_the_token_comes_back_as_text_or_as_json(text: str) -> None:
    assert is_token(text, TOKEN)


@pytest.mark.parametrize("text", ["", "ok", TOKEN[:-1], TOKEN * 2, f"[{TOKEN!r}]", '{"token": null}', "{", "1" * 32])
def test_anything_else_is_not_the_token(text: str) -> None:
    assert not is_token(text, TOKEN)


def test_a_save_is_repeated_until_the_token_comes_back() -> None:
    answers = iter([Answer(text="ok"), Answer(500, TOKEN), Answer(text=f'{{"token":"{TOKEN}"}}')])
    with run_receiver(Receiver(answer=lambda _: next(answers))) as receiver:
        record, slept = send(receiver.url, lambda post: post.save(TOKEN))
    assert receiver.handshakes == [{"token": TOKEN, "validToken": True}] * 3
    assert (record.requests["handshake"], len(slept)) == ({"200": 2, "500": 1}, 2)


def test_nothing_is_sent_before_the_token_came_back_and_while_it_is_silent() -> None:
    closed, silent, told = create_told(), create_told(), create_told()

    async def close(post: Post) -> None:
        post.is_open = False

    async def be_silent(post: Post) -> None:
        post.is_silent, post.is_open = True, True

    async def speak(post: Post) -> None:
        post.is_silent = False

    with run_receiver(Receiver()) as receiver:
        send(receiver.url, close, deliver(closed), be_silent, deliver(silent), speak, deliver(told))
    assert [(each.fate, each.lost) for each in (closed, silent, told)] == [
        ("lost", "handshake"),
        ("lost", "silence"),
        ("answered", ""),
    ]
    assert len(receiver.bodies) == 1


@pytest.mark.parametrize(
    ("retries", "statuses", "slept"),
    [(0, ["503"], []), (1, ["503", "503"], [1.0]), (3, ["503", "503", "500", "200"], [1.0, 2.0, 4.0])],
)
def test_what_is_not_answered_200_is_sent_again_as_often_as_is_allowed(
    retries: int, statuses: list[str], slept: list[float]
) -> None:
    answers, told = iter([Answer(503), Answer(503), Answer(500), Answer(200), Answer(200)]), create_told()
    with run_receiver(Receiver(answer=lambda _: next(answers))) as receiver:
        record, waited = send(receiver.url, deliver(told), retries=retries)
    assert (told.answers, waited, told.under_way) == (statuses, slept, 0)
    assert len(set(receiver.bodies)) == 1
    assert sum(record.requests["envelope"].values()) == len(statuses)


def test_an_answer_that_takes_too_long_counts_as_none() -> None:
    never, told = threading.Event(), create_told()
    with run_receiver(Receiver(answer=lambda _: Answer(event=never))) as receiver:
        send(receiver.url, deliver(told), timeout=0.2)
        never.set()
    assert (told.answers, told.fate) == (["timeout"], "refused")


def test_a_receiver_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        told = create_told()
        send(f"http://127.0.0.1:{taken.getsockname()[1]}/", deliver(told))
    assert told.answers == ["unreachable"]


def test_a_redirect_is_not_followed() -> None:
    told = create_told()
    with run_receiver(Receiver(answer=lambda _: Answer(302))) as receiver:
        send(receiver.url, deliver(told))
    assert (told.answers, len(receiver.bodies)) == (["302"], 1)


def test_a_delay_is_waited_for_and_a_type_is_sent_or_left_out() -> None:
    with run_receiver(Receiver()) as receiver:
        _, slept = send(
            receiver.url,
            deliver(create_told(), delay=90.0),
            deliver(create_told(), content_type="text/plain"),
            deliver(create_told(), content_type=""),
        )
    assert slept == [90.0]
    assert [kind for kind, _ in receiver.came] == ["application/json", "text/plain", ""]


def test_only_so_many_are_under_way_at_once() -> None:
    free = threading.Event()

    def answer(body: bytes) -> Answer:
        return Answer() if body == b"look" else Answer(event=free)

    async def deliver_all(post: Post) -> None:
        sent = asyncio.gather(*(post.deliver(Request("envelope", b"{}")) for _ in range(12)))
        async with aiohttp.ClientSession() as session:
            while len(receiver.bodies) - receiver.bodies.count(b"look") < 3:
                await session.post(receiver.url, data=b"look")
            await session.post(receiver.url, data=b"look")
        most.append(receiver.bodies.count(b"{}"))
        free.set()
        await sent

    most = list[int]()
    with run_receiver(Receiver(answer=answer)) as receiver:
        record, _ = send(receiver.url, deliver_all, parallel=3)
    assert (most, record.requests["envelope"]) == ([3], {"200": 12})


def test_a_way_without_a_session_says_so() -> None:
    post = Post("http://127.0.0.1:9/", Record(), timeout=1.0, retries=0, parallel=1)
    with pytest.raises(RuntimeError, match="attach a session first"):
        asyncio.run(post.save(TOKEN))
