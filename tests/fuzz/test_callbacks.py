"""Some hundred made-up callbacks at the whole house, a little of what `python -m tests.fuzz callbacks` does; hostile addresses."""

import redis

from models.appointment import Role
from services import orgs
from tests.branch import branch_on
from tests.engines import Database
from tests.fuzz.callbacks import Call, SqliteLook, asked, front, listening
from tests.pages.office import SECRETARY, Office

COUNT = 600


def test_some_hundred_callbacks_are_answered_as_documented(
    database: Database, empty_redis: redis.Redis, redis_url: str
) -> None:
    with branch_on(database, redis_url) as branch:
        attacked = front(branch, 7, SqliteLook(database.home / "var" / "zhibu.db"))
        with listening() as listener:
            for number in range(COUNT):
                attacked.once(listener)
                branch.clock.advance(number % 16 == 0)
        assert listener.complaints == []
        assert attacked.figures["replied"] > COUNT // 5, "the attack does not get through to the chat"
        assert attacked.figures["wrote"] > 0


def test_any_bytes_may_stand_in_an_address(pg_database: Database, empty_redis: redis.Redis, redis_url: str) -> None:
    """PostgreSQL keeps no NUL, and werkzeug reads no query that is not UTF-8: neither is a fault of ours."""
    with branch_on(pg_database, redis_url) as branch, listening() as listener:
        secret = "\udc00".encode("utf-8", "surrogatepass").decode("latin-1")
        for path in ("/wechat", "/h5/", "/h5/sign-in", "/api/v1/me", "/livez", "/report/", "/nowhere"):
            for query in ("a=\xff\xfe", "to=\x80&to=%ff", "signature=\xe9", secret, "q=%00"):
                status, _, _ = asked(branch.app, Call("GET", query, b"", frozenset(), signed=False), path)
                assert status < 500, (path, query)
        for path in ("/screen/\x00", "/h5/m/\x00", "/open/\x00", "/screen/\xff\xfe", "/h5/static/\x00"):
            status, _, _ = asked(branch.app, Call("GET", "", b"", frozenset(), signed=False), path)
            assert status < 500, path
        office = Office(branch)
        office.house.run(lambda db: orgs.branch(db, "青湾市气象局党支部"))
        office.join(SECRETARY, None)
        office.appoint(SECRETARY, Role.SECRETARY)
        secretary = office.browser(SECRETARY)
        assert secretary.get("/h5/members?q=%00").status_code == 200
        assert secretary.get("/h5/members/%00").status_code == 404
        assert secretary.sends("/h5/appointments", member="\0", role="\0", group="\0").status_code < 500
        assert listener.complaints == []
