"""The banks that come along are fit to go out, and the oath is the oath, byte for byte."""

import hashlib

from texts.oath import OATH

# The sentence as 党章 (2022-10-22), article 6 has it; texts/ may wrap it, nothing else.
SENTENCE = "我志愿加入中国共产党，拥护党的纲领，遵守党的章程，履行党员义务，执行党的决定，严守党的纪律，保守党的秘密，对党忠诚，积极工作，为共产主义奋斗终身，随时准备为党和人民牺牲一切，永不叛党。"
DIGEST = "76db28428e1646ba489d6a45faeba5e65992a56215cf43569cddbac44a8a5814"


def test_the_oath_is_the_oath_byte_for_byte() -> None:
    assert OATH == SENTENCE
    assert hashlib.sha256(OATH.encode()).hexdigest() == DIGEST
