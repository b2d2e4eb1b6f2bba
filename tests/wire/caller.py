"""A process of its own that calls the platform when told to: one JSON settings line, then one line a round."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from engines.redis import connect
from wechat.client import OfficialAccountApi
from wechat.errors import WeChatError


def main() -> None:
    """Each round: so many threads ask for one follower each; answers what became of them as a JSON list."""
    settings = json.loads(sys.stdin.readline())
    clock = Path(settings["clock"])
    with connect(settings["redis"]) as store:
        api = OfficialAccountApi(
            settings["base"],
            settings["app_id"],
            settings["secret"],
            settings["timeout"],
            store,
            lambda: datetime.fromtimestamp(float(clock.read_text(encoding="utf-8")), UTC),
        )

        def ask(_number: int) -> str:
            try:
                return "ok" if api.follower(settings["openid"]).subscribed else "no"
            except WeChatError as error:
                return type(error).__name__

        for line in sys.stdin:
            with ThreadPoolExecutor(int(line)) as pool:
                print(json.dumps(list(pool.map(ask, range(int(line))))), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
