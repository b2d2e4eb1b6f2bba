"""`make client`: writes client/zhibu.d.ts anew from the document the API shows."""

import os
import sys
import tempfile

from app import build, create_app
from client.declare import FILE, declaration
from settings import load

CONFIG = FILE.parents[1] / "config.yaml"


def main() -> int:
    """Ask an application of its own, in a folder of its own, for /api/openapi.json."""
    with tempfile.TemporaryDirectory(prefix="zhibu-") as home:
        house = build(load(CONFIG, {**os.environ, "ZHIBU_HOME": home}))
        document = create_app(house).test_client().get("/api/openapi.json").get_json()
        house.close()
    FILE.write_text(declaration(document), encoding="utf-8")
    print(f"{FILE.name} written")  # noqa: T201 - a command tells what it did
    return 0


if __name__ == "__main__":
    sys.exit(main())
