"""A bare API that takes every message: `python -m bench.fakeapi PORT MILLISECONDS`. It costs a client next to nothing.

It reads no more of a request than where it ends, and answers each after the given time, as many at once as there are
connections. The token endpoint answers as the platform's does.
"""

import asyncio
import itertools
import re
import sys

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
TOKEN = b'{"access_token":"%s","expires_in":7200}' % (b"t" * 136)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; encoding=utf-8\r\nContent-Length: %d\r\n\r\n%b"


class Api(asyncio.Protocol):
    """One connection of a client, which may send its next request after the answer."""

    numbers = itertools.count(2_301_987_654_321_000_000)
    latency = 0.05

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer once the request is whole."""
        self._held += data
        head, end, body = self._held.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not end or (length and len(body) < int(length[1])):
            return
        self._held = b""
        said = TOKEN if b"token" in head[:40] else b'{"errcode":0,"errmsg":"ok","msgid":%d}' % next(self.numbers)
        self._loop.call_later(self.latency, self._transport.write, HEAD % (len(said), said))


async def serve(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(Api, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    Api.latency = float(sys.argv[2]) / 1000
    asyncio.run(serve(int(sys.argv[1])))
