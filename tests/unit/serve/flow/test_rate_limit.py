"""How often one person may be asked for."""

from huggy_connector.serve.flow.rate_limit import RateLimit


def test_a_key_is_allowed_so_often_in_any_minute() -> None:
    limit = RateLimit(2)
    times = (0.0, 30.0, 59.9, 60.0, 89.9, 90.0)
    assert [limit.allows("a", now=now) for now in times] == [True, True, False, True, False, True]


def test_one_key_does_not_count_for_another() -> None:
    limit = RateLimit(1)
    assert [limit.allows(key, now=0.0) for key in ("a", "b", "a", "b")] == [True, True, False, False]


def test_what_is_refused_does_not_count() -> None:
    limit = RateLimit(1)
    assert [limit.allows("a", now=now) for now in (0.0, 20.0, 40.0, 60.0)] == [True, False, False, True]


def test_it_holds_so_many_keys_at_most_and_none_of_a_minute_ago() -> None:
    limit = RateLimit(1, max_keys=10)
    for number in range(100):
        limit.allows(str(number), now=0.0)
    assert len(limit._times) == 10
    for number in range(20):
        limit.allows(f"later {number % 2}", now=100.0 + number / 100)
    assert {*limit._times} == {"later 0", "later 1"}
