"""Our own webhook over a chat that says again what it heard: the product's envelope and mount, no database."""

from dataclasses import dataclass
from datetime import UTC, datetime

import flask

from bench.bots.account import APP_ID, KEY, TOKEN
from bot.meters import Meters
from bot.surge import Told
from bot.turns import Turns
from bot.webhook import Webhook, blueprint, mounted
from engines.later import Later
from wechat.envelope import Envelope
from wechat.messages import Message


@dataclass(frozen=True)
class Account:
    """The account as config.yaml would have it."""

    app_id: str = APP_ID
    token: str = TOKEN
    encoding_aes_key: str = KEY
    previous_encoding_aes_key: str = ""
    timestamp_tolerance: int = 600  # seconds


class Echo(Turns):
    """A turn without memory, lock or database."""

    def __init__(self) -> None:
        """None of what a real turn works with."""

    def take(self, message: Message, told: Told) -> None:
        """The text again."""
        told(message.text)()


app = flask.Flask("echo", static_folder=None)
_webhook = Webhook(Envelope(Account()), Echo(), lambda: datetime.now(UTC), Meters())
app.register_blueprint(blueprint(_webhook))
app.wsgi_app = mounted(app.wsgi_app, _webhook, Later)  # type: ignore[method-assign, assignment] # as app.py does it
