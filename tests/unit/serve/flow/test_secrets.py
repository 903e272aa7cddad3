"""Who may ask."""

import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.serve.flow.secrets import FlowSecrets
from huggy_connector.settings import Settings

NEW, LAST = "a" * 16, "b" * 32


def header(value: str) -> tuple[bytes, bytes]:
    return (b"x-huggy-secret", value.encode())


def test_one_or_two_secrets_are_right_and_nothing_else() -> None:
    secrets = FlowSecrets.parse(f" {NEW} , {LAST},")
    shown = [[header(NEW)], [header(LAST)], [header("c" * 16)], [header("")], [], [header(NEW), header(NEW)]]
    assert [secrets.are_shown(headers) for headers in shown] == [True, True, False, False, False, False]
    assert NEW not in repr(secrets)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has one secret, or two"),
        (f"{NEW},{LAST},{'c' * 16}", "has one secret, or two"),
        ("short", "at least 16 letters"),
        ("with spaces in between", "at least 16 letters"),
        ("ç" * 16, "at least 16 letters"),
        (LAST, "give flows a secret of their own"),
    ],
)
def test_a_secret_that_protects_nothing_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        FlowSecrets.parse(text, taken=[LAST])


def test_flows_are_served_where_a_secret_is_set_and_it_is_not_the_webhooks() -> None:
    assert FlowSecrets.from_settings(Settings()) is None
    assert FlowSecrets.from_settings(Settings(flow_secret=NEW, webhook_token=LAST)) == FlowSecrets.parse(NEW)
    for others in ({"webhook_token": f"{LAST},{NEW}"}, {"webhook_path": NEW}):
        with pytest.raises(ConfigurationError, match="webhook's token or address"):
            FlowSecrets.from_settings(Settings(flow_secret=NEW, **others))
    with pytest.raises(ConfigurationError, match="HUGGY_FLOW_SECRET is not"):
        FlowSecrets.from_settings(Settings(flow_queries="flows"))
