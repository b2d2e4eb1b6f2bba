"""What is said when the system itself is in trouble, whatever was asked."""

LATER = "系统正忙，这次没有办成，请过一会儿再发一次。"
STILL_BUSY = "刚才那条还在办，请过几秒再发一次。"
FORGETFUL = "系统正忙，暂时记不住上一句话，请过几分钟再试。\n签到请直接发大屏上的6位数字，绑定请直接发纸条上的8位数字。"


def apology(number: str, telephone: str) -> str:
    """A fault of ours; the number finds it in the log."""
    return f"对不起，这里出了差错，没有办成。请过一会儿再试。\n还不行，请打{telephone}（党支部），报编号{number}。"
