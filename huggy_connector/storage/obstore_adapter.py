"""Opens object stores with obstore, and translates its errors to sentences. The only module that imports obstore."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from huggy_connector.errors import ConfigurationError, LandingError, StoreAway
from huggy_connector.extras import require

if TYPE_CHECKING:
    from obstore import PutMode
    from obstore.store import ObjectStore as ObjectStore  # noqa: PLC0414 - `object_store` is annotated with it

RETRIES = 8
"""Repetitions by the library itself, in about three seconds."""
RETRY_TIMEOUT = timedelta(seconds=60)
"""For how long a failing store is tried again: as long as a lease lives without renewal."""

_REQUEST_TIMEOUT = timedelta(minutes=10)
_READ_TIMEOUT = timedelta(seconds=30)

_UNKNOWN_OPTION = re.compile(r"Configuration key: '(\w+)' is not valid")
_MISSING_BUCKET = ("NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist")
_STORE_FAILED = (
    "the store cannot be reached or fails; check the network and, if it is not the cloud's own, AWS_ENDPOINT_URL"
)
_REASONS: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (_MISSING_BUCKET, (), "there is no such bucket; create it, or correct the address"),
    (
        ("/latest/api/token", "/latest/meta-data", "computeMetadata", "metadata/identity", "MissingCredential"),
        (),
        (
            "no credentials were found; set them as the store's own tools want them (AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, AWS_PROFILE, GOOGLE_SERVICE_ACCOUNT, AZURE_STORAGE_ACCOUNT_KEY ...)"
        ),
    ),
    (
        ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "AuthenticationFailed"),
        ("UnauthenticatedError",),
        "the store does not accept the credentials; check them, and that they have not expired",
    ),
    (
        (),
        ("PermissionDeniedError",),
        "the credentials have no right to it; allow them to list, read, write and delete there",
    ),
    (("redirect", "Redirect"), (), "the bucket is in another region; set AWS_REGION"),
    (
        ("NotImplemented",),
        ("NotSupportedError",),
        "the store knows no conditional writes, without which nothing can be published safely; use another",
    ),
)
"""Marks in the library's text, names of its errors, and the reason for a person. The first match counts."""


def open_store(url: str, *, access: Mapping[str, str], retries: int = RETRIES) -> ObjectStore:
    """Return the store at a URL such as s3://bucket/folder. Sends nothing yet. Raises ConfigurationError.

    `access` holds options of obstore (`access_key_id`, `region` ...). Missing options come from the environment, a
    profile, or the role of the machine.
    """
    require("object-storage", subject=f"The place {url}")
    from obstore.exceptions import BaseError
    from obstore.store import from_url

    options: dict[str, Any] = {**_load_profile(url, access), **_separate_key(url, access)}
    endpoint = options.get("endpoint") or _read_endpoint(url)
    try:
        return from_url(
            url,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "timeout": _REQUEST_TIMEOUT,
                "read_timeout": _READ_TIMEOUT,
            },
            retry_config={"max_retries": retries, "retry_timeout": RETRY_TIMEOUT},
            **options,
        )
    except (BaseError, ValueError) as error:
        if unknown := _UNKNOWN_OPTION.search(str(error)):
            raise ConfigurationError(
                f"The place {url} has no option {unknown[1]}: correct HUGGY_LANDING_ACCESS, or the connection that "
                "landing_conn_id names."
            ) from None
        what = (
            "set AZURE_STORAGE_ACCOUNT_NAME"
            if "Account must be specified" in str(error)
            else "check the address, and the variables and files with the store's credentials"
        )
        raise ConfigurationError(f"The place {url} cannot be opened: {what}.") from None


def _read_endpoint(url: str) -> str:
    """Return the address of a store like S3, such as MinIO; "" for the cloud's own."""
    if urlsplit(url).scheme != "s3":
        return ""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""


def _separate_key(url: str, access: Mapping[str, str]) -> dict[str, Any]:
    """Return the options, with a key of S3 as a credential of its own.

    The library would add the session token of the environment, which belongs to another key: it would leave this
    machine, and the store would refuse both.
    """
    names = {name.lower().removeprefix("aws_"): name for name in access}
    if urlsplit(url).scheme != "s3" or not {"access_key_id", "secret_access_key"} <= names.keys():
        return dict(access)
    key = {"access_key_id": access[names["access_key_id"]], "secret_access_key": access[names["secret_access_key"]]}
    token = next((access[names[name]] for name in ("session_token", "token") if name in names), "")
    parts = {names[name] for name in ("access_key_id", "secret_access_key", "session_token", "token") if name in names}
    credential = {**key, "token": token or None, "expires_at": None}
    return {name: text for name, text in access.items() if name not in parts} | {
        "credential_provider": lambda: credential
    }


def _load_profile(url: str, access: Mapping[str, str]) -> dict[str, Any]:
    """Return the credentials of AWS_PROFILE as options. Only AWS's own library can read profiles."""
    profile = os.environ.get("AWS_PROFILE")
    if urlsplit(url).scheme != "s3" or access or not profile:
        return {}
    try:
        from boto3.session import Session
        from botocore.exceptions import BotoCoreError
        from obstore.auth.boto3 import Boto3CredentialProvider
    except ImportError:
        raise ConfigurationError("AWS_PROFILE is set, and reading profiles needs boto3: pip install boto3.") from None
    try:
        return {"credential_provider": Boto3CredentialProvider(Session(profile_name=profile))}
    except (BotoCoreError, ValueError):
        raise ConfigurationError(f"AWS_PROFILE {profile!r}: there is no such profile, or it has no keys.") from None


@contextmanager
def translate_store_errors(sentence: str, kind: type[LandingError]) -> Iterator[None]:
    """Raise the library's errors as `kind`, with `sentence` and the reason.

    A missing object raises FileNotFoundError, a transient failure StoreAway. The library's own text is left out: it
    holds addresses, which may hold a signature.
    """
    try:
        yield
    except Exception as error:
        if not is_store_error(error):
            raise
        text = str(error)
        if isinstance(error, FileNotFoundError) and not any(mark in text for mark in _MISSING_BUCKET):
            raise FileNotFoundError(errno.ENOENT, "There is no such object.") from None
        reason = _choose_reason(error, text)
        raise (StoreAway if reason is _STORE_FAILED else kind)(f"{sentence}: {reason}.") from None


def _choose_reason(error: Exception, text: str) -> str:
    for marks, kinds, reason in _REASONS:
        if any(mark in text for mark in marks) or (kinds and is_store_error(error, *kinds)):
            return reason
    return _STORE_FAILED


def is_store_error(error: Exception, *names: str) -> bool:
    """Say whether an error is one of the library's: one of `names`, or any if there are no names."""
    from obstore import exceptions

    kinds = tuple(getattr(exceptions, name) for name in names) if names else (exceptions.BaseError, FileNotFoundError)
    return isinstance(error, kinds)


def build_unchanged_mode(meta: Mapping[str, Any]) -> PutMode:
    """Return the mode of a put that replaces an object only if it still is as `meta` describes it."""
    condition: Any = {key: meta[key] for key in ("e_tag", "version") if meta.get(key) is not None}
    return condition  # type: ignore[no-any-return]
