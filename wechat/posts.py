"""The sender's road to the platform: many small JSON posts over one pool of kept-alive connections."""

import json
import logging
from collections.abc import Iterable, Mapping
from urllib.parse import quote

import requests
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

from wechat.errors import OutcomeUnknown, TokenRefused, WeChatDown
from wechat.tokens import TokenKeeper
from wechat.wire import Answer, read_answer

CONNECTIONS = 256  # kept open at most, one for each message that is under way at once
_HEADERS = {"Content-Type": "application/json; charset=utf-8"}

_log = logging.getLogger(__name__)


class Posts:
    """Posts JSON with an access token. Threads may share it, CONNECTIONS of them without waiting for a new connection.

    requests would do the same at three times the processor time (bench/rows/fanout.py). `api_base` and `timeout`
    as of Wire; errors too.
    """

    def __init__(self, api_base: str, timeout: float, keeper: TokenKeeper) -> None:
        self._keeper = keeper
        base = api_base.rstrip("/")
        proxy = requests.utils.select_proxy(base, requests.utils.get_environ_proxies(base))
        self._timeout = urllib3.Timeout(connect=timeout, read=timeout)
        manager = urllib3.ProxyManager(proxy) if proxy else urllib3.PoolManager()
        kept: dict[str, object] = {"maxsize": CONNECTIONS}
        if base.startswith("https:"):
            kept["ca_certs"] = requests.utils.DEFAULT_CA_BUNDLE_PATH  # the same as all our other calls trust
        self._pool = manager.connection_from_url(base, kept)
        # a proxy is told the whole address, unless it only passes on what is encrypted
        below = urllib3.util.parse_url(base).path or ""
        self._before = base if proxy and base.startswith("http:") else below.rstrip("/")

    def call(self, path: str, body: Mapping[str, object], hide: Iterable[str]) -> Answer:
        """The platform's answer to one post, which is repeated once if the token was refused. Raises like Wire.call."""
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        token = self._keeper.recent()
        try:
            return self._post(path, token, content, hide)
        except TokenRefused:
            pass
        return self._post(path, self._keeper.replace(token), content, hide)

    def _post(self, path: str, token: str, content: bytes, hide: Iterable[str]) -> Answer:
        kind: type[WeChatDown] = OutcomeUnknown
        try:
            answer = self._pool.urlopen(
                "POST",
                f"{self._before}{path}?access_token={quote(token)}",
                content,
                _HEADERS,
                retries=False,
                redirect=False,
                timeout=self._timeout,
                assert_same_host=False,
            )
        except HTTPError as error:
            trouble = type(error).__name__
            # a proxy's own failure is none of these: what it has passed on nobody can tell
            kind = WeChatDown if isinstance(error, NewConnectionError | ConnectTimeoutError | SSLError) else kind
        else:
            if answer.status == requests.codes.ok:
                return read_answer(path, answer.data, [token, *hide])
            trouble = f"HTTP {answer.status}"
        # raised out here so that the caught exception, whose words may hold the address, is not its context
        _log.warning("wechat call failed path=%s trouble=%s", path, trouble)
        raise kind(f"{path}: {trouble}")
