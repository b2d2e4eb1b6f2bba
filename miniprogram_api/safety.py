"""Texts that others will read: WeChat looks them over first (msg_sec_check), with no transaction open."""

import logging
from collections.abc import Mapping

from services.errors import TextRisky
from wechat.client import MiniProgramApi, Suggestion
from wechat.errors import WeChatDown, WeChatError

log = logging.getLogger(__name__)


def doubted(mini_program: MiniProgramApi, openid: str, texts: Mapping[str, str]) -> frozenset[str]:
    """The names of the texts that nobody vouches for; what is risky is refused as a whole: TextRisky.

    In doubt is what WeChat wants a person to look at, and all that it gave no answer to: the writer has not been in
    the mini-program for two hours (61010), the quota is gone, nobody was reached.
    """
    found: set[str] = set()
    for name, text in texts.items():
        try:
            said = mini_program.suggest(openid, text)
        except WeChatDown as error:  # it is not asked again while somebody waits: the rest is in doubt as well
            log.warning("texts are held: wechat gave no answer error=%s", type(error).__name__)
            return frozenset(texts)
        except WeChatError as error:
            log.warning("text is held error=%s", type(error).__name__)
            found.add(name)
            continue
        if said is Suggestion.RISKY:
            raise TextRisky
        if said is Suggestion.REVIEW:
            found.add(name)
    return frozenset(found)
