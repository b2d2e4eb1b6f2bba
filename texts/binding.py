"""What a person hears about binding (绑定): joining a WeChat account to a member on record."""

ASK_CODE = "请把纸条上的8位数字发给我。"
NOT_YET = "您还没有绑定。请把纸条上的8位绑定码发给我。\n没有纸条，请找党小组长。"


def welcome(branch: str) -> str:
    """The first words to a new follower whom nobody knows yet."""
    return f"您好，这里是{branch}。\n请把纸条上的8位绑定码发给我，绑定后就能签到、看活动。\n没有纸条，请找党小组长。想看能做什么，发“帮助”。"


def welcome_back(name: str) -> str:
    """The first words to a follower already bound."""
    return f"{name}同志，您好。想看能做什么，发“帮助”。"


def bound(name: str) -> str:
    """The binding has just happened."""
    return f"绑定成功，{name}同志。"


def already(name: str) -> str:
    """The account is bound."""
    return f"{name}同志，您已经绑定，不用再绑。\n想看能做什么，发“帮助”。"
