"""One HTTP call to the platform, with a timeout, and its answer sorted into a dict or an error."""

import json
import logging
import re
import ssl
from collections.abc import Iterable, Mapping

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError

from wechat import errors
from wechat.errors import OutcomeUnknown, WeChatDown

Answer = dict[str, object]
# A file as (name, content, type). Bytes and not a file object: a retry would find that at its end and send nothing.
Files = Mapping[str, tuple[str, bytes, str]]

_log = logging.getLogger(__name__)
_OPENID = re.compile(r"\bo[A-Za-z0-9_-]{27}\b")
_POOL = 32
_PIECE = 64 * 1024  # bytes of a file read at one time
_decoder = json.JSONDecoder(strict=False)


class Wire:
    """Calls one platform host. Threads may share it.

    `api_base` is the scheme and host every path is put behind; `timeout` (s) bounds connecting and each read.
    """

    def __init__(self, api_base: str, timeout: float) -> None:
        self.base = api_base.rstrip("/")
        self._timeout = timeout
        self._session = requests.Session()
        # a netrc has no place in a call that carries its own credentials
        self._session.auth = _no_auth
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=_POOL))
        # urllib3 writes whole addresses at DEBUG level, access tokens included
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str],
        body: object = None,
        files: Files | None = None,
        hide: Iterable[str] = (),
    ) -> Answer:
        r"""The platform's JSON object. `hide` are values that must not appear in logs or errors.

        Raises WeChatDown (nothing has left us), OutcomeUnknown, or what errors.sort makes of the errcode. The
        body goes out as UTF-8: the platform shows \uXXXX as it stands, or refuses it (40033).
        """
        return read_answer(path, self._fetch(method, path, params, body, files), [*params.values(), *hide])

    def file(self, path: str, *, params: Mapping[str, str], most: int) -> bytes:
        """A file the platform keeps; where there is none it answers with a JSON object, which raises like `call`.

        No more than `most` bytes are read and returned: what is longer is cut there, whatever its end would be.
        """
        content = self._fetch("GET", path, params, None, None, most)
        if not content.startswith(b"{"):
            return content
        read_answer(path, content, params.values())
        raise OutcomeUnknown(f"{path}: an answer instead of a file")

    def _fetch(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        body: object,
        files: Files | None,
        most: int | None = None,
    ) -> bytes:
        kind: type[WeChatDown] = OutcomeUnknown
        try:
            response = self._session.request(
                method,
                self.base + path,
                params=dict(params),
                data=None if body is None else json.dumps(body, ensure_ascii=False).encode(),
                headers=None if body is None else {"Content-Type": "application/json; charset=utf-8"},
                files=files,
                timeout=(self._timeout, self._timeout),
                allow_redirects=False,
                stream=most is not None,
            )
            with response:
                content = response.content if most is None else _first(response, most)
        except requests.RequestException as error:
            trouble = type(error).__name__
            kind = WeChatDown if _never_left(error) else OutcomeUnknown
        else:
            if response.status_code == requests.codes.ok:
                return content
            trouble = f"HTTP {response.status_code}"
        # raised out here so that the caught exception, whose words hold the whole address, is not its context
        _log.warning("wechat call failed path=%s trouble=%s", path, trouble)
        raise kind(f"{path}: {trouble}")


def read_answer(path: str, content: bytes, hide: Iterable[str]) -> Answer:
    """What came with HTTP 200, as a JSON object whose errcode is 0 or absent. Raises like Wire.call."""
    answer = _decode(path, content)
    errcode = answer.get("errcode", 0)
    if errcode == 0 and type(errcode) is int:
        return answer
    if not isinstance(errcode, int | str) or not re.fullmatch(r"-?\d{1,9}", str(errcode)):
        raise OutcomeUnknown(f"{path}: an errcode that is no number")
    if int(errcode) == 0:
        return answer
    errmsg = _scrub(str(answer.get("errmsg", "")), hide)
    _log.warning("wechat call refused path=%s errcode=%s errmsg=%s", path, errcode, errmsg)
    raise errors.sort(int(errcode), errmsg)


def text_of(answer: Answer, path: str, name: str) -> str:
    """A text the answer must have; an answer without it is as good as none: WeChatDown."""
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise WeChatDown(f"{path}: an answer without {name}")
    return value


def number_of(answer: Answer, path: str, name: str) -> int:
    """A whole number the answer must have, else WeChatDown."""
    value = answer.get(name)
    if not isinstance(value, int):
        raise WeChatDown(f"{path}: an answer without {name}")
    return value


def _first(response: requests.Response, most: int) -> bytes:
    """Its first `most` bytes; the rest is not read."""
    found = bytearray()
    for part in response.iter_content(_PIECE):
        found += part[: most - len(found)]
        if len(found) == most:
            break
    return bytes(found)


def _decode(path: str, content: bytes) -> Answer:
    try:
        # nicknames and addresses come with raw control characters at times
        answer = _decoder.decode(content.decode("utf-8-sig"))
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        _log.warning("wechat call failed path=%s trouble=no JSON object", path)
        raise OutcomeUnknown(f"{path}: no JSON object")
    return answer


def _scrub(errmsg: str, hide: Iterable[str]) -> str:
    for value in hide:
        if len(value) > 3:
            errmsg = errmsg.replace(value, "***")
    return _OPENID.sub("***", errmsg)[:300]


def _never_left(error: requests.RequestException) -> bool:
    """Whether the connection did not even come about, so that nothing of the call can have had an effect."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    first = error.args[0] if error.args else None
    reason = first.reason if isinstance(first, MaxRetryError) else None
    if isinstance(reason, SSLError):  # TLS may break later too, while the answer is read
        return bool(reason.args) and isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return isinstance(reason, NewConnectionError)


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
