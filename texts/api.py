"""What a mini-program shows when a request of its own goes wrong."""

MALFORMED = "请求的内容不对，请更新小程序后再试。"
TOO_LARGE = "内容太多，请减少一些再试。"
WECHAT_AWAY = "微信暂时没有回应，请过一会儿再试。"
BUSY = "系统正忙，这次没有办成，请过一会儿再试。"
NOT_HERE = "没有这个功能，请更新小程序后再试。"
OURS = "对不起，这里出了差错，没有办成。请过一会儿再试。"
