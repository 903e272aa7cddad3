"""Object stores as obstore knows them: opened by a URL, and their errors as sentences. The only import of obstore."""

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

if TYPE_CHECKING:
    from obstore import PutMode
    from obstore.store import ObjectStore

RETRIES = 8
"""Of the library itself, in some three seconds."""
PATIENCE = timedelta(seconds=60)
"""How long a store that fails is asked again: as long as a lease lives without being renewed."""

_WHOLE = timedelta(minutes=10)
_SILENCE = timedelta(seconds=30)

_NO_OPTION = re.compile(r"Configuration key: '(\w+)' is not valid")
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist")
_FAILED = "the store cannot be reached or fails; check the network and, if it is not the cloud's own, AWS_ENDPOINT_URL"
_REASONS: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (_NO_BUCKET, (), "there is no such bucket; create it, or correct the address"),
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
"""By what the library's text holds, or the error's kind: the first that fits."""


def open_store(url: str, *, access: Mapping[str, str], retries: int = RETRIES) -> ObjectStore:
    """The store of a URL such as s3://bucket/folder; nothing is sent yet.

    `access` are options in obstore's words (`access_key_id`, `region` ...); what it leaves out comes from the
    environment, a profile, or the machine's role. Raises ConfigurationError.
    """
    try:
        from obstore.exceptions import BaseError
        from obstore.store import from_url
    except ImportError:
        raise ConfigurationError(
            f"The place {url} needs the extra object-storage: pip install 'huggy-connector[object-storage]'."
        ) from None
    given: dict[str, Any] = {**_of_profile(url, access), **access}
    endpoint = given.get("endpoint") or _endpoint(url)
    try:
        return from_url(
            url,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "timeout": _WHOLE,
                "read_timeout": _SILENCE,
            },
            retry_config={"max_retries": retries, "retry_timeout": PATIENCE},
            **given,
        )
    except (BaseError, ValueError) as error:
        if unknown := _NO_OPTION.search(str(error)):
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


def _endpoint(url: str) -> str:
    """The store's address where it is not the cloud's own: of MinIO, of a test."""
    if urlsplit(url).scheme != "s3":
        return ""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""


def _of_profile(url: str, access: Mapping[str, str]) -> dict[str, Any]:
    """What AWS_PROFILE stands for, which only AWS's own library can read."""
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
def explained(sentence: str, kind: type[LandingError]) -> Iterator[None]:
    """The library's errors as `kind`, with `sentence` and the reason; what is not there as FileNotFoundError, and what
    may be over soon as StoreAway.

    The library's own words are left out: they hold addresses, and these maybe a signature.
    """
    try:
        yield
    except Exception as error:
        if not is_of_store(error):
            raise
        text = str(error)
        if isinstance(error, FileNotFoundError) and not any(each in text for each in _NO_BUCKET):
            raise FileNotFoundError(errno.ENOENT, "There is no such object.") from None
        reason = _reason(error, text)
        raise (StoreAway if reason is _FAILED else kind)(f"{sentence}: {reason}.") from None


def _reason(error: Exception, text: str) -> str:
    for marks, kinds, reason in _REASONS:
        if any(mark in text for mark in marks) or (kinds and is_of_store(error, *kinds)):
            return reason
    return _FAILED


def is_of_store(error: Exception, *names: str) -> bool:
    """Whether an error is the library's: one of `names`, or any."""
    from obstore import exceptions

    kinds = tuple(getattr(exceptions, name) for name in names) if names else (exceptions.BaseError, FileNotFoundError)
    return isinstance(error, kinds)


def unchanged(meta: Mapping[str, Any]) -> PutMode:
    """The mode of a put that replaces only what `meta` describes."""
    known: Any = {key: meta[key] for key in ("e_tag", "version") if meta.get(key) is not None}
    return known  # type: ignore[no-any-return]
