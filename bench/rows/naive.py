"""The yardstick: a check-in bot as one writes it first (bench/bots/naive.py), on our server, workers and threads.

It does what ours does in outline, without a rule: message opened, repetition known by Redis, member looked up and row
committed by the ORM in PostgreSQL, reply sealed. It loses a check-in when it dies between Redis and PostgreSQL.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, func, insert, select

from bench import deliveries, engines
from bench.bots import naive as bot
from bench.rows import floor
from bench.server import free_port, granian, running
from bench.table import CONNECTIONS, Row, Shape, Target


@contextmanager
def naive(shape: Shape) -> Iterator[Target]:
    """Serve it, on tables of its own that know everybody who writes."""
    with engines.database() as name, engines.redis() as (store, store_pid):
        url = engines.cluster().url(name).replace("postgresql://", "postgresql+psycopg://")
        engine = create_engine(url, hide_parameters=True)
        bot.Base.metadata.create_all(engine)
        people = [{"openid": deliveries.openid(n), "name": f"党员{n}"} for n in range(deliveries.OPENIDS)]
        with engine.begin() as connection:
            connection.execute(insert(bot.Member), people)

        def kept(answered: int) -> None:
            with engine.connect() as connection:
                rows = connection.execute(select(func.count()).select_from(bot.CheckIn)).scalar_one()
            # what was under way when the load ended was committed and not counted as answered
            if not answered <= rows <= answered + 2 * CONNECTIONS:
                raise RuntimeError(f"{answered} requests were answered, but {rows} rows are there")

        port = free_port()
        command = [*granian("bench.bots.naive:create", port, shape.workers, shape.threads), "--factory"]
        try:
            with running(command, port, shape.log, {**os.environ, "DATABASE_URL": url, "REDIS_URL": store}) as pid:
                yield Target(
                    port=port,
                    pids=[pid, engines.cluster().process.pid, store_pid],
                    requests=lambda count: deliveries.sealed(count, port=port),
                    right=lambda answer: deliveries.says(answer, bot.CHECKED_IN),
                    after=kept,
                    forged=deliveries.forged(port=port),
                )
        finally:
            engine.dispose()


ROW = Row("naive: wechatpy + ORM, PostgreSQL", naive, against={"naive_vs_floor": floor.ROW.name}, prepared=8_000)
