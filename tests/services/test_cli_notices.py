"""`zhibu notices`, /metrics and the signs of life in /readyz: what an operator sees of what is sent."""

from datetime import UTC, datetime, timedelta

import pytest
import redis
from sqlalchemy import select, update

from app import build, create_app
from engines.sql import transaction
from jobs.scheduler import LEASE
from jobs.sender import ALIVE_FOR
from models.notice import Notice, NoticeKind, NoticeState
from services import leases, members, notices
from services.notices import Told
from settings import load
from tests.engines import Database
from tests.services.operator import Operator, at

ROSTER = "姓名,人员类别,党小组\n王芳,正式党员,第一党小组\n何静,预备党员,第一党小组\n"


@pytest.fixture
def zhibu(
    database: Database,
    empty_redis: redis.Redis,
    redis_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Operator:
    operator = at(database, redis_url, capsys, monkeypatch)
    operator.types("members", "import", operator.file("roster.csv", ROSTER)).done()
    return operator


def test_an_operator_sees_what_is_sent_and_has_it_sent_again(zhibu: Operator, database: Database) -> None:
    zhibu.types("notices", "dead").done()
    assert "没有在运行" in zhibu.types("notices", "status").done().out
    now = datetime.now(UTC)
    with transaction(database.engine) as db:
        for name in ("王芳", "何静"):
            told = Told(NoticeKind.HANDLER_DAY, "today", {}, now - timedelta(hours=1), now + timedelta(days=1))
            notices.write(db, members.find(db, name), told, now)
        failed = select(Notice.id).order_by(Notice.id).limit(1).scalar_subquery()
        values = {"state": NoticeState.FAILED, "reason": "40037", "closed_at": now}
        db.execute(update(Notice).where(Notice.id == failed).values(**values))
        leases.take(db, leases.SCHEDULER, "x", now, LEASE)
        leases.take(db, "sender:y", "y", now, ALIVE_FOR)
        leases.take(db, "sender:dead", "dead", now - timedelta(hours=1), ALIVE_FOR)

    shown = zhibu.types("notices", "status").done().out
    for part in ("failed", "waiting", "承办人查看日", "发送进程在运行，1个", "定时任务在运行，1个", "已等3"):
        assert part in shown
    assert "王芳" not in shown

    app = create_app(build(load(zhibu.home / "config.yaml", zhibu.environment)))
    client = app.test_client()
    ready = client.get("/readyz").get_json()
    assert (len(ready["alive"]["scheduler"]), len(ready["alive"]["sender"])) == (1, 1)
    assert 0 <= ready["alive"]["sender"][0] < 30
    measured = client.get("/metrics").get_data(as_text=True)
    assert 'zhibu_notices{channel="",kind="handler_day",state="failed"} 1.0' in measured
    assert 'zhibu_alive{part="sender"} 1.0' in measured
    assert "zhibu_database_up 1.0" in measured
    assert "zhibu_web_processes 1.0" in measured
    for passed_on in ({"X-Forwarded-For": "203.0.113.7"}, {"Forwarded": "for=203.0.113.7"}):
        assert client.get("/metrics", headers=passed_on).status_code == 404
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.7"}).status_code == 404

    dead = zhibu.types("notices", "dead").done().out
    assert "40037" in dead
    assert "王芳" not in dead
    assert "0条" in zhibu.types("notices", "retry", "nobody").done().out
    assert "1条" in zhibu.types("notices", "retry", dead.split()[0]).done().out
    assert "没有" in zhibu.types("notices", "dead").done().out
