"""The account's menu: only what works; each key is the word that starts the dialogue when typed."""

from collections.abc import Mapping

TREE: Mapping[str, Mapping[str, str]] = {
    "学习": {"答题": "答题", "错题": "错题", "学时": "学时"},
    "组织生活": {"签到": "签到", "请假": "请假", "近期活动": "活动", "征集": "征集", "通知公告": "通知"},
    "我的": {"提意见": "意见", "保密反映": "保密反映", "我的记录": "记录", "我的权利": "我的权利", "帮助": "帮助"},
}


def menu() -> dict[str, object]:
    """The body of menu/create: at most 3 buttons of 4 and 5 entries of 7 characters (platform page 自定义菜单)."""
    return {
        "button": [
            {
                "name": top,
                "sub_button": [{"type": "click", "name": name, "key": word} for name, word in entries.items()],
            }
            for top, entries in TREE.items()
        ]
    }
