"""What can go wrong when we call the platform, sorted by what there is to do about it.

WeChatError
├── WeChatDown            try later: nobody reached, busy (-1), the minute quota (45011)
│   └── OutcomeUnknown    it may have had its effect: timeouts, broken connections, 5xx, no JSON
└── WeChatRejected        the platform said no; `errcode` and `errmsg` are its own
    ├── PersonUnreachable stop for this person: not following, no credit, outside the reply window, …
    ├── ApiExhausted      stop this API for today (45009)
    ├── CodeRefused       ask the client for a new login code
    └── OurMistake        nobody is served until we mend it: secret, app id, IP list, template, field, …
        └── TokenRefused  the access token is not accepted, not even after the one retry
"""

_LATER = frozenset({-1, 45011})
_TOKEN = frozenset({40001, 40014, 42001})
# 43117 and 40241 (too often to this person) end with time, but a second message would not be welcome either
_PERSON = frozenset({40003, 40241, 43004, 43005, 43019, 43101, 43117, 45015, 45047})
_CODE = frozenset({40029, 40163, 40226})
_OURS = frozenset(
    {
        *(40002, 40004, 40007, 40013, 40033, 40037, 40125, 40164, 40243),
        *(41001, 41002, 41004, 41030, 43002, 45002, 45008, 47001, 47003),
        *(48001, 48006, 50002, 61007, 89501, 89503, 89506, 89507),
    }
)


class WeChatError(Exception):
    """A call to the platform that did not succeed. Its words never hold a token, a secret or an openid."""

    errcode: int | None = None  # the platform's own, where it gave one


class WeChatDown(WeChatError):
    """Try later. Of itself it says that the call had no effect; `errcode` is the platform's own, if it gave one."""

    def __init__(self, words: str, errcode: int | None = None) -> None:
        super().__init__(words)
        self.errcode = errcode


class OutcomeUnknown(WeChatDown):
    """The call went out and no sensible answer came back: whether it had an effect nobody can tell."""


class WeChatRejected(WeChatError):
    """The platform said no, with its own `errcode` and `errmsg` (whose `rid:` its support asks for)."""

    errcode: int

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(errcode, errmsg)
        self.errcode = errcode
        self.errmsg = errmsg

    def __str__(self) -> str:
        return f"{self.errcode}: {self.errmsg}"


class PersonUnreachable(WeChatRejected):
    """This person cannot be reached this way."""


class ApiExhausted(WeChatRejected):
    """The daily quota of this API is used up, till midnight in UTC+8."""


class CodeRefused(WeChatRejected):
    """The login code is wrong, used, or its owner is blocked."""


class OurMistake(WeChatRejected):
    """Settings or request are wrong; repeating it does not help."""


class TokenRefused(OurMistake):
    """The access token is wrong or expired."""


def sort(errcode: int, errmsg: str) -> WeChatError:
    """The error for a code other than 0. Source: platform page 全局返回码."""
    if errcode in _LATER:
        return WeChatDown(f"{errcode}: {errmsg}", errcode)
    for codes, kind in (
        (_TOKEN, TokenRefused),
        (_PERSON, PersonUnreachable),
        (frozenset({45009}), ApiExhausted),
        (_CODE, CodeRefused),
        (_OURS, OurMistake),
    ):
        if errcode in codes:
            return kind(errcode, errmsg)
    return WeChatRejected(errcode, errmsg)
