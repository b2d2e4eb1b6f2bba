"""自查 in words: lines for oneself alone, and honestly who else could read them."""

from datetime import datetime

WHAT = {"write": "写几句", "read": "看以前写的"}
WHICH = "看哪一次？"
THEN = {"keep": "留着", "drop": "删掉"}
WRITE = (
    "自重、自省、自警、自励，写几句给自己。\n"
    "支部里只有您看得到，不进任何表格，也不用交。\n"
    "说实话：消息要经过微信，管数据库的人技术上读得到。太私密的，请写在纸上。\n"
    "请写，400字以内。"
)
KEPT = "已记下，只给您自己看。再发“自查”，可以看，可以删。"
LEFT = "好的，留着。"
DROPPED = "已删掉。"
GONE = "这一条已经删了。"
_BEGINNING = 8  # characters of each in the list


def before(count: int) -> str:
    """So many have been written before."""
    return f"您写过{count}次，只有您自己看得到。"


def line(at: datetime, text: str) -> str:
    """One in the list: its day and how it begins; `at` on the branch's own wall."""
    begins = " ".join(text.split())
    return f"{at:%Y-%m-%d} {begins[:_BEGINNING]}{'…' if len(begins) > _BEGINNING else ''}"


def whole(at: datetime, text: str) -> str:
    """One as it was written."""
    return f"{at.year}年{at.month}月{at.day}日写的：\n{text}"
