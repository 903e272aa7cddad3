"""Opening object stores, and the errors of their library as sentences, which name no address and hold no secret."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from huggy_connector.errors import ConfigurationError, LandingError, LandingUnwritable, StoreAway
from huggy_connector.storage import ObjectStorage
from huggy_connector.storage.obstore_adapter import (
    build_unchanged_mode,
    is_store_error,
    open_store,
    translate_store_errors,
)

if TYPE_CHECKING:
    from tests.integration.conftest import Buckets

SECRET = "https://store.example/b?X-Amz-Signature=hidden"
AWAY = "the store cannot be reached or fails; check the network and, if it is not the cloud's own, AWS_ENDPOINT_URL"
NO_BUCKET = "there is no such bucket; create it, or correct the address"
NO_CREDENTIALS = (
    "no credentials were found; set them as the store's own tools want them (AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY, AWS_PROFILE, GOOGLE_SERVICE_ACCOUNT, AZURE_STORAGE_ACCOUNT_KEY ...)"
)
WRONG_CREDENTIALS = "the store does not accept the credentials; check them, and that they have not expired"
NO_RIGHT = "the credentials have no right to it; allow them to list, read, write and delete there"
WRONG_REGION = "the bucket is in another region; set AWS_REGION"
NO_CONDITIONS = "the store knows no conditional writes, without which nothing can be published safely; use another"


def told_for(error: Exception) -> LandingError:
    with pytest.raises(LandingError) as raised, translate_store_errors("The copies cannot be read", LandingUnwritable):
        raise error
    return raised.value


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("GenericError", "error sending request", AWAY),
        ("GenericError", "<Code>NoSuchBucket</Code>", NO_BUCKET),
        ("NotFoundError", "ContainerNotFound", NO_BUCKET),
        ("GenericError", "PUT http://169.254.169.254/latest/api/token", NO_CREDENTIALS),
        ("GenericError", "http://metadata/computeMetadata/v1 failed", NO_CREDENTIALS),
        ("GenericError", "<Code>ExpiredToken</Code>", WRONG_CREDENTIALS),
        ("UnauthenticatedError", "401", WRONG_CREDENTIALS),
        ("PermissionDeniedError", "<Code>SignatureDoesNotMatch</Code>", WRONG_CREDENTIALS),
        ("PermissionDeniedError", "403", NO_RIGHT),
        ("GenericError", "Received redirect without LOCATION", WRONG_REGION),
        ("NotSupportedError", "put_opts with create", NO_CONDITIONS),
        ("GenericError", "<Code>NotImplemented</Code>", NO_CONDITIONS),
    ],
)
def test_an_error_of_the_library_is_one_sentence_without_its_text(name: str, text: str, reason: str) -> None:
    from obstore import exceptions

    error: Exception = getattr(exceptions, name)(f"{text} at {SECRET}")
    told = told_for(error)

    assert str(told) == f"The copies cannot be read: {reason}."
    assert type(told) is (StoreAway if reason is AWAY else LandingUnwritable)
    assert (told.__cause__, told.__suppress_context__) == (None, True)


def test_a_missing_object_is_a_missing_file_without_the_librarys_text() -> None:
    with pytest.raises(FileNotFoundError) as raised, translate_store_errors("It cannot be read", LandingError):
        raise FileNotFoundError(f"Object at {SECRET} not found")
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), OSError("x"), LandingUnwritable("x"), KeyboardInterrupt()])
def test_an_error_that_is_not_the_librarys_passes_unchanged(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised, translate_store_errors("It cannot be read", LandingError):
        raise error
    assert raised.value is error


def test_errors_of_the_library_are_told_apart_by_name() -> None:
    from obstore.exceptions import AlreadyExistsError, GenericError, PreconditionError

    conflicts = "PreconditionError", "AlreadyExistsError"
    assert [
        is_store_error(kind("x"), *conflicts) for kind in (AlreadyExistsError, PreconditionError, GenericError)
    ] == [
        True,
        True,
        False,
    ]
    assert [is_store_error(each) for each in (GenericError("x"), FileNotFoundError("x"), OSError("x"))] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("meta", "condition"),
    [
        ({"e_tag": '"1"', "version": None, "size": 3}, {"e_tag": '"1"'}),
        ({"e_tag": '"1"', "version": "7"}, {"e_tag": '"1"', "version": "7"}),
        ({"size": 3}, {}),
    ],
)
def test_an_object_is_unchanged_while_its_tag_and_its_version_are(
    meta: dict[str, object], condition: dict[str, str]
) -> None:
    assert build_unchanged_mode(meta) == condition


def refusal(url: str, **access: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        open_store(url, access=access)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None  # no traceback of the library
    return str(raised.value)


@pytest.fixture
def no_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shell in which no cloud is set up; the file of profiles that its user may write."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AZURE_STORAGE_ACCOUNT_NAME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "profiles"))
    return tmp_path / "profiles"


def test_an_option_that_the_store_does_not_know_is_named(no_profile: Path) -> None:
    assert refusal("s3://b/x", secret_acces_key="hidden") == (
        "The place s3://b/x has no option secret_acces_key: correct HUGGY_LANDING_ACCESS, or the connection that "
        "landing_conn_id names."
    )


@pytest.mark.parametrize("url", ["s3://", "gs://", "ftp://b/x"])
def test_an_address_that_is_none_is_refused(no_profile: Path, url: str) -> None:
    assert refusal(url) == (
        f"The place {url} cannot be opened: check the address, and the variables and files with the store's "
        "credentials."
    )


def test_an_azure_landing_without_an_account_names_the_variable(no_profile: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        ObjectStorage.open("az://container/x")

    assert str(raised.value) == "The place az://container/x cannot be opened: set AZURE_STORAGE_ACCOUNT_NAME."


@pytest.mark.parametrize("profiles", ["", "[profile else]\nregion = us-east-1\n", "[profile desk]\nregion = x\n"])
def test_a_profile_without_keys_is_named(no_profile: Path, monkeypatch: pytest.MonkeyPatch, profiles: str) -> None:
    no_profile.write_text(profiles)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_PROFILE", "desk")
    assert refusal("s3://b/x") == "AWS_PROFILE 'desk': there is no such profile, or it has no keys."


def test_a_profile_counts_for_s3_only_and_only_where_no_keys_are_given(
    no_profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    open_store("s3://b/x", access={"access_key_id": "AKIAINVENTED", "secret_access_key": "x", "region": "us-east-1"})
    open_store("gs://b/x", access={"skip_signature": "true"})
    with pytest.raises(ConfigurationError, match=r"^AWS_PROFILE 'nobody': "):
        open_store("s3://b/x", access={})


@pytest.mark.parametrize("from_profile", [True, False])
def test_what_the_shell_says_of_the_store_is_enough(
    buckets: Buckets, no_profile: Path, monkeypatch: pytest.MonkeyPatch, *, from_profile: bool
) -> None:
    for name, value in buckets.environ.items():
        monkeypatch.setenv(name, value)
    if from_profile:
        no_profile.write_text("[desk]\naws_access_key_id = AKIAINVENTED\naws_secret_access_key = invented-secret\n")
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("AWS_PROFILE", "desk")
    storage = ObjectStorage.open(buckets.make(), retries=0)
    storage.write("a", b"1")
    assert storage.read("a") == b"1"


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    assert refusal("s3://b/x") == (
        'The place s3://b/x needs the extra object-storage: pip install "huggy-connector[object-storage]".'
    )


def test_a_missing_bucket_gives_one_sentence(buckets: Buckets) -> None:
    storage = ObjectStorage.open("s3://nowhere/huggy", access=buckets.access)
    cannot = "The landing s3://nowhere/huggy cannot be"

    for look in (storage.list_names, storage.read, storage.fetch):
        with pytest.raises(LandingError) as raised:
            look("a")
        assert str(raised.value) == f"{cannot} read: {NO_BUCKET}."
    for change in (storage.write, storage.create):
        with pytest.raises(LandingUnwritable) as refused:
            change("a", b"")
        assert str(refused.value) == f"{cannot} written to: {NO_BUCKET}."


def test_a_store_that_does_not_answer_gives_one_sentence_without_its_address(buckets: Buckets) -> None:
    storage = ObjectStorage.open("s3://b/x", access={**buckets.access, "endpoint": "http://127.0.0.1:1"}, retries=0)

    with pytest.raises(LandingError) as raised:
        storage.read("a")

    assert str(raised.value) == f"The landing s3://b/x cannot be read: {AWAY}."


def test_missing_credentials_give_one_sentence(buckets: Buckets, no_profile: Path) -> None:
    access = {"endpoint": buckets.endpoint, "region": "us-east-1", "metadata_endpoint": "http://127.0.0.1:1"}
    storage = ObjectStorage.open("s3://b/x", access=access, retries=0)

    with pytest.raises(LandingError, match="no credentials were found; set them as the store's own tools want them"):
        storage.read("a")


@pytest.fixture
def listener() -> Iterator[tuple[str, list[Message]]]:
    """The address of a server that has no object, and the headers that it was sent."""
    headers = list[Message]()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers.append(self.headers)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", headers
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("key", "token"),
    [
        ({"access_key_id": "given", "secret_access_key": "hidden"}, None),
        ({"aws_access_key_id": "given", "AWS_SECRET_ACCESS_KEY": "hidden", "session_token": ""}, None),
        ({"access_key_id": "given", "secret_access_key": "hidden", "aws_session_token": "given-too"}, "given-too"),
        ({"access_key_id": "given", "secret_access_key": "hidden", "token": "given-too"}, "given-too"),
    ],
)
def test_a_given_key_is_used_without_the_session_token_of_the_environment(
    listener: tuple[str, list[Message]], monkeypatch: pytest.MonkeyPatch, key: dict[str, str], token: str | None
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "of-the-worker")
    address, headers = listener
    store = open_store("s3://bucket/x", access={"endpoint": address, **key}, retries=0)
    with pytest.raises(FileNotFoundError):
        store.get("a")
    (sent,) = headers
    assert "Credential=given/" in sent["Authorization"]
    assert sent["x-amz-security-token"] == token
    assert "of-the-worker" not in str(sent)
