"""Every complaint of the checker, each provoked once by a reply that is wrong in one way."""

import re
from collections.abc import Callable

import pytest
from wechatpy.crypto import WeChatCrypto

from simulator import World, wsgi_post
from tests.simulator.honest import ACCOUNTS, KEY, OLD_KEY, Echo

ACCOUNT = ACCOUNTS.official_account
Wrong = Callable[[str], str]  # a well-formed reply in, a wrong one out


def _reply(clear: str, inner: str = "<MsgType>text</MsgType><Content>好</Content>") -> str:
    found = dict(re.findall(r"<(FromUserName|ToUserName)><!\[CDATA\[(.*?)\]\]>", clear))
    return (
        f"<xml><ToUserName>{found['FromUserName']}</ToUserName><FromUserName>{found['ToUserName']}"
        f"</FromUserName><CreateTime>1</CreateTime>{inner}</xml>"
    )


def _seal(xml: str, key: str = KEY, app_id: str = ACCOUNT.app_id) -> bytes:
    sealed: str = WeChatCrypto(ACCOUNT.token, key, app_id).encrypt_message(xml, "n", "1")
    return sealed.encode()


def _complaints(answer: Callable[[str], tuple[int, bytes]], mode: str = "safe") -> list[str]:
    world = World(ACCOUNTS, wsgi_post(Echo(answer=answer)), cut=20, mode=mode)
    exchange = world.join("张建国", following=True).says("签到")
    assert exchange.text is None or not exchange.unavailable
    return exchange.complaints


def _news(count: int, said: int | None = None) -> str:
    item = "<item><Title>a</Title><Description/><PicUrl/><Url>http://a</Url></item>"
    number = count if said is None else said
    return f"<MsgType>news</MsgType><ArticleCount>{number}</ArticleCount><Articles>{item * count}</Articles>"


WRONG_INSIDE: list[tuple[str, Wrong]] = [
    ("ToUserName of the reply is not the person who wrote", lambda x: x.replace("<ToUserName>o", "<ToUserName>p")),
    ("FromUserName of the reply is not the account", lambda x: x.replace(">gh_", ">hg_")),
    ("CreateTime of the reply is not a whole number", lambda x: x.replace(">1<", ">1.5<")),
    ("MsgType 'txt' is not a kind of reply", lambda x: x.replace(">text<", ">txt<")),
    ("<Content> is missing", lambda x: x.replace("<Content>好</Content>", "")),
    ("<Extra> is not known in a text reply", lambda x: x.replace("</xml>", "<Extra/></xml>")),
    ("<MsgType> stands more than once", lambda x: x.replace("</xml>", "<MsgType>text</MsgType></xml>")),
    ("the text of the reply is empty", lambda x: x.replace("好", "  ")),
    ("the text has 2049 bytes, 2048 are allowed", lambda x: x.replace("好", "好" * 683)),
    ("the root element is <html>, not <xml>", lambda x: x.replace("xml>", "html>")),
    ("the reply declares a document type or entities", lambda x: "<!DOCTYPE a>" + x),
    ("the reply is not well-formed XML", lambda x: x.replace("好", "]]> & \x01")),
]


@pytest.mark.parametrize(("sentence", "wrong"), WRONG_INSIDE, ids=[sentence for sentence, _ in WRONG_INSIDE])
def test_a_wrong_reply_is_complained_of(sentence: str, wrong: Wrong) -> None:
    [complaint] = _complaints(lambda clear: (200, _seal(wrong(_reply(clear)))))
    assert complaint.startswith(sentence)


@pytest.mark.parametrize(
    ("sentence", "inner"),
    [
        ("2 articles answer a message of kind text, 1 may", _news(2)),
        ("ArticleCount is not the number of articles", _news(1, said=2)),
        ("<item> is not known inside <Image>", "<MsgType>image</MsgType><Image><item/></Image>"),
        ("<Bad> is not known inside an article", _news(1).replace("</item>", "<Bad/></item>")),
    ],
)
def test_a_wrong_body_of_another_kind_is_complained_of(sentence: str, inner: str) -> None:
    assert _complaints(lambda clear: (200, _seal(_reply(clear, inner)))) == [sentence]


WRONG_OUTSIDE: list[tuple[str, Callable[[str], tuple[int, bytes]]]] = [
    ("the server answered HTTP 500", lambda _: (500, b"oops")),
    ("the reply is JSON", lambda _: (200, b'{"a":1}')),
    ("the reply is an HTML page", lambda _: (200, b"<!doctype html><p>")),
    ("blanks or line breaks stand around", lambda _: (200, b"success\n")),
    ("the reply is not well-formed XML", lambda _: (200, b"succes")),
    ("the reply is not sealed though the account is in safe mode", lambda c: (200, _reply(c).encode())),
    (
        "MsgSignature of the reply is wrong",
        lambda c: (200, _seal(_reply(c)).replace(b">n<", b">m<").replace(b"[n]", b"[m]")),
    ),
    ("the padding is wrong", lambda c: (200, _seal(_reply(c), key=OLD_KEY))),
    ("the sealed reply carries the app id 'wxother'", lambda c: (200, _seal(_reply(c), app_id="wxother"))),
    ("the envelope has the elements", lambda c: (200, _seal(_reply(c)).replace(b"</xml>", b"<More/></xml>"))),
]


@pytest.mark.parametrize(("sentence", "answer"), WRONG_OUTSIDE, ids=[sentence for sentence, _ in WRONG_OUTSIDE])
def test_a_wrong_envelope_is_complained_of(sentence: str, answer: Callable[[str], tuple[int, bytes]]) -> None:
    [complaint] = _complaints(answer)
    assert complaint.startswith(sentence)


def test_a_sealed_reply_in_plain_mode_is_complained_of() -> None:
    assert _complaints(lambda clear: (200, _seal(_reply(clear))), mode="plain") == [
        "the reply is sealed though the account is in plain mode"
    ]


@pytest.mark.parametrize("body", [b"", b"success"])
def test_silence_is_no_fault(body: bytes) -> None:
    assert _complaints(lambda _: (200, body)) == []


def test_the_longest_text_and_one_article_pass() -> None:
    longest = "<MsgType>text</MsgType><Content>" + "好" * 682 + "aa</Content>"
    assert _complaints(lambda clear: (200, _seal(_reply(clear, longest)))) == []
    assert _complaints(lambda clear: (200, _seal(_reply(clear, _news(1))))) == []
