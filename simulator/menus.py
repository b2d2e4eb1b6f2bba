"""What a custom menu may be: three buttons, five below each, names and keys of bounded size.

Source: platform page 创建菜单 (menu/create).
"""

import re

from simulator.apierrors import ApiError

ESCAPED = re.compile(rb"\\u[0-9a-fA-F]{4}")
TOP, BELOW = 3, 5
LONGEST_KEY, LONGEST_URL = 128, 1024
WITH_KEY = frozenset(
    {
        "click",
        "scancode_push",
        "scancode_waitmsg",
        "pic_sysphoto",
        "pic_photo_or_album",
        "pic_weixin",
        "location_select",
    }
)


def check_charset(raw: bytes) -> None:
    r"""Refuse a body that writes Chinese as \uXXXX: the platform does (40033)."""
    if ESCAPED.search(raw):
        raise ApiError(40033)


def check(menu: dict[str, object]) -> dict[str, object]:
    """The menu itself; raises the ApiError of its first fault."""
    buttons = menu.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= TOP:
        raise ApiError(40016)
    for button in buttons:
        if not isinstance(button, dict):
            raise ApiError(40016)
        _check_name(button, 16, 40018)
        below = button.get("sub_button")
        if not below:
            _check_act(button)
            continue
        if not isinstance(below, list) or len(below) > BELOW:
            raise ApiError(40023)
        for item in below:
            if not isinstance(item, dict):
                raise ApiError(40023)
            _check_name(item, 60, 40025)
            _check_act(item)
    return {"button": buttons}


def _check_name(button: dict[str, object], longest: int, errcode: int) -> None:
    name = button.get("name")
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= longest:
        raise ApiError(errcode)


def _check_act(button: dict[str, object]) -> None:
    kind = button.get("type")
    key, url = str(button.get("key", "")), str(button.get("url", ""))
    if kind in WITH_KEY:
        if not 1 <= len(key.encode()) <= LONGEST_KEY:
            raise ApiError(40019)
    elif kind in ("view", "miniprogram"):
        if not url.startswith(("http://", "https://")) or len(url.encode()) > LONGEST_URL:
            raise ApiError(40020)
    else:
        raise ApiError(40017)
