"""The GET with which the platform tries a callback address before it takes it.

Source: platform page 消息推送, 验证消息的确来自微信服务器.
"""

import secrets

from simulator.accounts import OfficialAccount
from simulator.crypto import signature
from simulator.packing import Stamp
from simulator.transport import Cut, Get


def shake(account: OfficialAccount, get: Get, timestamp: int, seconds: float) -> str:
    """Try the address; returns the complaint, "" when the echo is right."""
    stamp, echo = Stamp.fresh(timestamp), str(secrets.randbelow(10**18))
    query = {
        "signature": signature(account.token, str(stamp.timestamp), stamp.nonce),
        "echostr": echo,
        "timestamp": str(stamp.timestamp),
        "nonce": stamp.nonce,
    }
    try:
        answer = get(query, seconds)
    except Cut as cut:
        return f"no echo: {cut}"
    if answer.status != 200:
        return f"the server answered the handshake with HTTP {answer.status}"
    if answer.body != echo.encode():
        return "the echo of the handshake is not the echostr and nothing else"
    return ""
