"""What a setting is called in each of its sources."""

from huggy_connector.settings.account import SettingsSource
from huggy_connector.settings.source_names import name_in_arguments, name_in_connection, name_in_shell, name_variable


def test_a_setting_has_a_name_in_each_source() -> None:
    names = (name_variable("hash_key"), name_in_arguments("hash_key"), name_in_connection("hash_key"))
    assert names == ("HUGGY_HASH_KEY", "the argument hash_key", "the connection's hash_key")


def test_in_a_shell_it_is_the_argument_where_one_was_given() -> None:
    arguments = SettingsSource({"landing": "x"}, name_in_arguments)
    assert (name_in_shell("landing", arguments), name_in_shell("state", arguments)) == (
        "the argument landing",
        "HUGGY_STATE",
    )


def test_an_unknown_name_is_quoted_and_cannot_steer_a_terminal() -> None:
    assert name_in_arguments("a\x1bb") == "the argument 'a\\x1bb'"
