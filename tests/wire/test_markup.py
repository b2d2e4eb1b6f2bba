"""The usual form of a push is cut without the XML reader, and comes to the same."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.wire.sealing import event, text
from wechat import markup
from wechat.markup import NotReadable

NAMES = st.sampled_from(["ToUserName", "Event", "EventKey", "CreateTime", "Event", "a1", "x:y", "é", ""])
TEXTS = st.text(st.sampled_from("<>&]![CDAT \t\n\r09azAZ_-\"'/\\~\x00\x7f\u4e2d\ufffe"), max_size=12)
SPACES = st.sampled_from(["", "", " ", "\n", "\t\r\n", "\x0b", "\xa0"])


@st.composite
def leaves(draw: st.DrawFn) -> str:
    name, said = draw(NAMES), draw(TEXTS)
    inner = draw(st.sampled_from([f"<![CDATA[{said}]]>", said, "17", "", f"<![CDATA[{said}]]>1", f"<b>{said}</b>"]))
    return f"<{name}>{inner}</{draw(st.sampled_from([name, name, name, 'Event']))}>{draw(SPACES)}"


@st.composite
def pushes(draw: st.DrawFn) -> bytes:
    inner = draw(SPACES) + "".join(draw(st.lists(leaves(), max_size=6)))
    root = draw(st.sampled_from(["<xml>", "<xml>", "<xml >", "<?xml version='1.0'?><xml>", "<!DOCTYPE a><xml>"]))
    return f"{root}{inner}{draw(st.sampled_from(['</xml>', '</xml>', '</xml> ', '</xml>x', '']))}".encode()


@given(pushes())
@example(b"<xml></xml>")
@example(b"<xml><a><![CDATA[ 1 ]]></a><b></b><c>2</c></xml>\n")
def test_what_is_cut_is_what_the_reader_reads(push: bytes) -> None:
    cut = markup._cut(push)
    if cut is not None:
        assert cut == markup._read(push)


SCANNED = "<EventKey><![CDATA[ck-2345678923-1f-abcdefghijklmnop]]></EventKey>"


@pytest.mark.parametrize("push", [event("SCAN", inner=SCANNED), text("1")])
def test_what_the_platform_sends_is_cut(push: str) -> None:
    cut = markup._cut(push.encode())
    assert cut
    assert cut == markup._read(push.encode())


def test_nothing_is_cut_that_the_reader_refuses_or_numbers() -> None:
    for push in (b"<xml><a>1</a><a>2</a></xml>", b"<xml><a>1</b></xml>", "<xml><a><![CDATA[中]]></a></xml>".encode()):
        assert markup._cut(push) is None
    with pytest.raises(NotReadable):
        markup.read_xml(b"<xml>" + b"".join(b"<a%d>1</a%d>" % (n, n) for n in range(5000)) + b"</xml>")
