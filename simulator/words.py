"""Every Chinese sentence the simulated phone says by itself."""

UNAVAILABLE = "该公众号暂时无法提供服务，请稍后再试"
FOLLOWED = "已关注公众号"
UNFOLLOWED = "已取消关注"
EXPIRED_CODE = "二维码已过期"
SCANNED = "扫描了带参数的二维码"
FOLLOW_FIRST = "关注公众号后才能继续"
WRONG_APP = "appid 参数错误"
WRONG_SCOPE = "scope 参数错误或没有 scope 权限"
WRONG_BACK = "redirect_uri 参数错误"
INVALID_APP = "invalid appid"
INVALID_SIGNATURE = "invalid signature"
PICTURE = "[图片]"
VIDEO = "[视频]"

# What templates are called in WeChat's library, by the account's topics; labels by the sort of thing they are for.
TITLES = {
    "activity": "活动通知",
    "change": "活动变更通知",
    "birthday": "纪念日提醒",
    "leave": "请假审批通知",
    "makeup": "补课提醒",
    "answer": "意见反馈通知",
    "study": "学习提醒",
    "office": "待办提醒",
}
LABELS = {
    "title": "事项",
    "when": "时间",
    "place": "地点",
    "words": "内容",
    "name": "姓名",
    "note": "说明",
    "by": "经办人",
}


def tapped(name: str) -> str:
    """A grey line saying which menu item was tapped."""
    return f"点了菜单「{name}」"


def opened_page(url: str) -> str:
    """A grey line for a code or menu item that opens a web page."""
    return f"打开网页 {url}"


def scanned_text(text: str) -> str:
    """A grey line for a code that is no link at all."""
    return f"扫到文字：{text}"


def opened_mini_program(path: str) -> str:
    """A grey line for a menu item that opens the mini-program."""
    return f"打开小程序 {path}"


def place(label: str, latitude: float, longitude: float) -> str:
    """How a sent location looks in the conversation."""
    return f"[位置] {label}（{latitude:.5f}，{longitude:.5f}）"


def link(title: str, url: str) -> str:
    """How a forwarded link looks in the conversation."""
    return f"[链接] {title}\n{url}"
