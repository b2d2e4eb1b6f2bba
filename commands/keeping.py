"""What keeps the branch's data: the tables brought to this version."""

from __future__ import annotations

from commands.register import Chosen, command
from texts import cli as texts


@command("db upgrade", "bring the tables to this version")
def _db_upgrade(chosen: Chosen) -> None:
    from engines.sql import open_engine, upgrade

    settings = chosen.settings()
    engine = open_engine(settings.database.url, settings.home)
    chosen.closing.callback(engine.dispose)
    upgrade(engine)
    print(texts.DATABASE_NEWEST)
