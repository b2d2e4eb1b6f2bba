"""通知公告: what is known, to read and to keep; that it has been read; and in one answer what waits of one's rights."""

from datetime import date
from urllib.parse import quote

import flask
from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from miniprogram_api.office import Office
from miniprogram_api.room import Room
from miniprogram_api.shapes import ID, Asked, Moment, Told
from models.bulletin import Bulletin, BulletinKind
from models.opinion import OpinionState
from services import bulletins, opinions, rounds
from services.rights import Act
from texts import bulletin as texts
from texts import opinion as opinion_texts

ANY_FILE = "application/octet-stream"


class BulletinTold(Told):
    """One bulletin that is for oneself."""

    id: str = Field(examples=["t4p6v8x2ac"])
    kind: BulletinKind = Field(examples=[BulletinKind.RULE])
    label: str = Field(examples=["制度"])
    title: str = Field(examples=["党员活动室使用管理办法"])
    edition: int = Field(examples=[1])
    published_at: Moment = Field(examples=["2026-11-20T01:30:00+00:00"])
    from_on: date | None = Field(description="Valid from this day on.", examples=["2026-12-01"])
    until_on: date | None = Field(description="To the end of this day; null: until it is withdrawn.", examples=[None])
    in_force: bool = Field(examples=[True])
    read: bool = Field(description="What is to be read of it has been read.", examples=[False])


class BulletinsTold(Told):
    """What has not been read first, then what has; each newest first."""

    bulletins: list[BulletinTold]


class BulletinFileTold(Told):
    """One attachment."""

    id: str = Field(examples=["v5q7w9y3bd"])
    name: str = Field(examples=["管理办法.pdf"])
    content_type: str = Field(examples=["application/pdf"])
    size: int = Field(description="Bytes.", examples=[48213])


class BulletinWholeTold(BulletinTold):
    """One bulletin with its text."""

    body: str = Field(examples=["活动室每天8:00至20:00开放。"])
    contact: str = Field(description="公示: where objections go.", examples=[""])
    working_days: int | None = Field(description="公示: how many it runs.", examples=[None])
    files: list[BulletinFileTold]


class OwnRoundTold(Told):
    """A round that can be filled in."""

    id: str = Field(examples=["r3n5t7w9xz"])
    title: str = Field(examples=["值班安排办法"])
    closes_at: Moment = Field(examples=["2026-11-30T15:59:00+00:00"])


class OwnOpinionTold(Told):
    """Where one's own signed opinion stands."""

    id: str = Field(examples=["s3n5t7w9xz"])
    number: str = Field(examples=["YJ1107"])
    state: OpinionState = Field(examples=[OpinionState.ANSWERED])
    label: str = Field(examples=["已答复"])


class RightsTold(Told):
    """What one may know, take part in and hear of."""

    bulletins: list[BulletinTold] = Field(description="Not read yet.")
    rounds: list[OwnRoundTold] = Field(description="Signed: not answered; unnamed: every one until its close.")
    opinions: list[OwnOpinionTold]


class BulletinPath(Asked):
    """One bulletin."""

    bulletin: str = Field(pattern=ID, examples=["t4p6v8x2ac"])


class BulletinFilePath(BulletinPath):
    """One attachment of it."""

    file: str = Field(pattern=ID, examples=["v5q7w9y3bd"])


def blueprint(office: Office) -> APIBlueprint:
    """GET /bulletins, /bulletins/{id}, its files, /me/rights; POST /bulletins/{id}/read."""
    room = Room("bulletins", office, "Bulletins: what has been made known, and that one has read it")

    @room.get("/bulletins", BulletinsTold)
    def mine(db: Session, act: Act) -> Told:
        """All that are for oneself."""
        assert act.by is not None
        unread = bulletins.unread_by(db, act.by, act.day)
        rest = [one for one in bulletins.mine(db, act.by, act.day) if one not in unread]
        return BulletinsTold(bulletins=[_brief(db, act, one) for one in [*unread, *rest]])

    @room.get("/bulletins/<bulletin>", BulletinWholeTold)
    def one(db: Session, act: Act, path: BulletinPath) -> Told:
        """One with its text; that marks nothing, /read does."""
        assert act.by is not None
        found = bulletins.own(db, act.by, path.bulletin, act.day)
        return BulletinWholeTold(
            **_brief(db, act, found).model_dump(),
            body=bulletins.body(db, found),
            contact=found.contact,
            working_days=found.working_days,
            files=[
                BulletinFileTold(id=file.public_id, name=file.name, content_type=file.content_type, size=size)
                for file, size in bulletins.weights(db, found)
            ],
        )

    @room.post("/bulletins/<bulletin>/read", status=204)
    def read(db: Session, act: Act, path: BulletinPath) -> None:
        """The text has been shown to the member: the edition in force is read; again changes nothing."""
        assert act.by is not None
        bulletins.read(db, bulletins.own(db, act.by, path.bulletin, act.day), act.by, act.now)

    @room.get("/bulletins/<bulletin>/files/<file>", file=ANY_FILE)
    def file(db: Session, act: Act, path: BulletinFilePath) -> flask.Response:
        """One attachment, to be kept."""
        assert act.by is not None
        found = bulletins.file(db, bulletins.own(db, act.by, path.bulletin, act.day), path.file)
        response = flask.make_response(found.content)
        response.headers["Content-Type"] = ANY_FILE
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "private, no-store"
        return response

    @room.get("/me/rights", RightsTold)
    def rights(db: Session, act: Act) -> Told:
        """Unread bulletins, rounds to fill in, where one's opinions stand."""
        assert act.by is not None
        return RightsTold(
            bulletins=[_brief(db, act, one) for one in bulletins.unread_by(db, act.by, act.day)],
            rounds=[
                OwnRoundTold(id=one.public_id, title=one.title, closes_at=one.closes_at)
                for one in rounds.open_for(db, act.by, act.now)
            ],
            opinions=[
                OwnOpinionTold(
                    id=one.public_id, number=one.number, state=one.state, label=opinion_texts.STATE[one.state]
                )
                for one in opinions.mine(db, act.by)
            ],
        )

    return room.blueprint


def _brief(db: Session, act: Act, found: Bulletin) -> BulletinTold:
    assert act.by is not None
    assert found.published_at is not None
    return BulletinTold(
        id=found.public_id,
        kind=found.kind,
        label=texts.KIND[found.kind],
        title=found.title,
        edition=found.edition,
        published_at=found.published_at,
        from_on=found.from_on,
        until_on=found.until_on,
        in_force=bulletins.is_in_force(found, act.day),
        read=bulletins.has_read(db, found, act.by),
    )
