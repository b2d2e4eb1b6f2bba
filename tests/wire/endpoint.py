"""Where the tests push to: the real application's callback address, or the codec alone behind the same two verbs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime

from flask.testing import FlaskClient

from app import build, create_app
from tests.branch import settings_for
from tests.engines import Database
from tests.wire.sealing import Account
from wechat.envelope import Envelope, EnvelopeError
from wechat.messages import parse, text_reply


class Endpoint:
    """The codec alone: what is taken is answered with its own text. `post` and `get` give (status, body)."""

    def __init__(self, account: Account, at: int) -> None:
        """Listen for `account`; the clock stands at `at`, seconds since 1970."""
        self._envelope = Envelope(account)
        self._now = datetime.fromtimestamp(at, UTC)

    def post(self, query: Mapping[str, str], body: bytes) -> tuple[int, str]:
        """Push."""
        try:
            message = parse(self._envelope.open(query, body, self._now))
        except EnvelopeError as error:
            return error.status, ""
        xml = text_reply(message, message.text or message.event, message.created)
        if not self._envelope.sealed:
            return 200, xml
        return 200, self._envelope.seal(xml, query["timestamp"], query["nonce"])

    def get(self, query: Mapping[str, str]) -> tuple[int, str]:
        """Shake hands."""
        try:
            return 200, self._envelope.handshake(query)
        except EnvelopeError as error:
            return error.status, ""


class Door:
    """The application's /wechat over HTTP, with the same verbs."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def post(self, query: Mapping[str, str], body: bytes) -> tuple[int, str]:
        """Push."""
        answer = self._client.post("/wechat", query_string=dict(query), data=body, content_type="text/xml")
        return answer.status_code, answer.get_data(as_text=True)

    def get(self, query: Mapping[str, str]) -> tuple[int, str]:
        """Shake hands."""
        answer = self._client.get("/wechat", query_string=dict(query))
        return answer.status_code, answer.get_data(as_text=True)


@contextmanager
def door(database: Database, redis_url: str, account: Account, at: int) -> Iterator[Door]:
    """The whole application, set up for `account`, its clock standing at `at`; WeChat's own API is out of reach."""
    settings = settings_for(
        database.home,
        wechat={"api_base": "http://127.0.0.1:9", "official_account": asdict(account)},
        database={"url": database.url},
        redis={"url": redis_url},
    )
    house = build(settings, lambda: datetime.fromtimestamp(at, UTC))
    with create_app(house).test_client() as client:
        yield Door(client)
    house.engine.dispose()
    house.store.close()
