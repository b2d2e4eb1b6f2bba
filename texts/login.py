"""What a person hears about signing in to the pages (登录)."""

GIVING_UP = "不要紧，请回到网页，换一个新数字再试。"
UNKNOWN = "没有等着登录的网页是这个数字，也许过了5分钟。请看网页上现在的数字。"
EXPIRED = "过了5分钟，这个数字不能用了。请回到网页，按新数字再发一次。"
REFUSED = "好的，没有登录。别人让您发数字登录的，请不要答应。"
LEADS = "登录成功，网页会自己打开。"
READS = "登录成功，网页会自己打开。您可以看自己的记录。"


def ask_number(address: str) -> str:
    """Without a number there is nothing to sign in to yet."""
    return f"请在浏览器打开\n{address}\n把网页上的4位数字发给我。"


def confirm(place: str, device: str) -> str:
    """Before a browser is let in: where and what it is."""
    return f"有一个网页要用您的身份登录：\n地点：{place}\n设备：{device}\n是您本人正在登录吗？"
