"""The webhook with all its parts, as the settings say: what it takes is on the disk before it is answered."""

from __future__ import annotations

from collections.abc import Callable

from huggy_connector.clock import Clock
from huggy_connector.errors import LandingError
from huggy_connector.landing import Landing
from huggy_connector.privacy import PrivacyPolicy, hash_key_of
from huggy_connector.serve.endpoint import Patience, WebhookEndpoint
from huggy_connector.serve.forgotten_people import ForgottenPeople
from huggy_connector.serve.health import Health
from huggy_connector.settings import Settings
from huggy_connector.webhook import Inbox
from huggy_connector.webhook.inbox_file import NAME
from huggy_connector.webhook.protocol.tokens import Tokens
from huggy_connector.webhook.receiver import Receiver, Rules


def is_webhook_configured(settings: Settings) -> bool:
    """Return whether anything of the webhook is set, or its inbox is there, as after `huggy webhook learn`."""
    is_set = settings.webhook_token is not None or settings.webhook_path is not None
    return is_set or (settings.inbox_folder / NAME).exists()


class WebhookService:
    """Takes events from `start` to `close`. It holds the inbox from its making on."""

    def __init__(self, settings: Settings, *, clock: Clock, note: Callable[[str], None], patience: Patience) -> None:
        self._note = note
        landing = Landing.open(
            settings.landing, access=settings.landing_options, world_readable=settings.world_readable
        )
        self._forgotten = ForgottenPeople(
            landing.storage, key=hash_key_of(settings), monotonic=clock.monotonic, note=note
        )
        rules = Rules(
            Tokens.from_settings(settings), settings.company_id, PrivacyPolicy.from_settings(settings), self._forgotten
        )
        self._read_forgotten(settings.company_id)
        self.inbox = Inbox.open(settings.inbox_folder, now=clock.now)
        self.inbox.review = self._forgotten.review
        self.receiver = Receiver(self.inbox, rules, now=clock.now, monotonic=clock.monotonic)
        self.endpoint = WebhookEndpoint(self.receiver, patience=patience, note=note)
        self.health = Health(self.receiver, self.inbox, settings.inbox_folder, now=clock.now, monotonic=clock.monotonic)
        self._warn(rules.tokens)

    def start(self) -> None:
        self._forgotten.start()

    def begin_stop(self) -> None:
        """Answer 503 from now on."""
        self.receiver.is_stopping = True

    def close(self) -> None:
        """Release the inbox."""
        self._forgotten.close()
        self.inbox.close()

    def _read_forgotten(self, company_id: int | None) -> None:
        """Read the list of the one company. Raises ConfigurationError if its key is wrong."""
        if company_id is not None:
            try:
                self._forgotten.read(company_id)
            except LandingError as error:
                self._note(f"Warning: until the list of forgotten people can be read, all is answered 503. {error}")

    def _warn(self, tokens: Tokens) -> None:
        if not tokens.configured and not self.inbox.learned and tokens.path is None:
            self._note(
                "Warning: neither HUGGY_WEBHOOK_TOKEN nor HUGGY_WEBHOOK_PATH is set and no token is learned, so that "
                "all is refused: set one, or run `huggy webhook learn` and save the address in Huggy's panel."
            )
