"""Signing in (登录): by a number that is sent in the chat, or inside WeChat by its own word; and signing out."""

import hmac
import ipaddress
import logging
import secrets
from datetime import datetime
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, request
from sqlalchemy.orm import Session

from pages import door
from pages.door import Desk, OAuth, Room
from services import members, people, visits
from services.members import Account
from services.rights import Act
from texts import h5 as texts
from wechat.errors import WeChatError

log = logging.getLogger(__name__)
STATE = "oauth"  # cookie: the state WeChat is sent with, and where to go on to
STATE_SECONDS = 600


def blueprint(desk: Desk) -> Blueprint:
    """GET /h5/sign-in with its news, the way back from WeChat, POST /h5/sign-out."""
    room = Room("signin", desk)
    pages = room.blueprint

    @pages.get(door.SIGN_IN)
    def sign_in() -> Response:
        now, to = desk.clock(), door.safe(request.args.get("to"))
        with desk.reading() as db:
            visit = door.visit_of(db, now)
            if visit is not None and visit.member_id is not None:
                return door.back(to)
            if people.nobody(db):
                return door.show(desk, None, "people/first.html")
            shown = visit.number if visit else None
        if desk.oauth and _inside_wechat() and "by" not in request.args:
            return _ask_wechat(desk, desk.oauth, to)
        if shown:
            return _number(desk, shown, to)
        return _wait(desk, to, now)

    @pages.get("/h5/sign-in/now")
    def sign_in_now() -> Response:
        with desk.reading() as db:
            visit = door.visit_of(db, desk.clock())
            state = "over" if visit is None else "waiting" if visit.member_id is None else "in"
        return jsonify(state=state)

    @pages.get("/h5/sign-in/wechat")
    def sign_in_wechat() -> Response:
        return _back_from_wechat(desk)

    @room.post("/h5/sign-out")
    def sign_out(db: Session, act: Act) -> Response:
        visit = door.visit_of(db, act.now)
        if visit is not None:
            visits.end(db, visit, act.now)
        return door.drop(door.show(desk, None, "h5/signed_out.html"))

    return pages


def _wait(desk: Desk, to: str, now: datetime) -> Response:
    """A new number for this browser."""

    def begin(db: Session) -> tuple[str, str]:
        token, visit = visits.open_(db, now, device=_device(), place=_place())
        return token, visit.number or ""

    token, number = desk.run(begin)
    return door.keep(_number(desk, number, to), desk, token, int(visits.LIVES.total_seconds()))


def _number(desk: Desk, number: str, to: str) -> Response:
    minutes = int(visits.WAITS.total_seconds() // 60)
    wechat = f"{door.SIGN_IN}?to={quote(to, safe='/')}" if desk.oauth and _inside_wechat() else ""
    return door.show(desk, None, "h5/sign_in.html", number=number, to=to, minutes=minutes, wechat=wechat)


def _ask_wechat(desk: Desk, oauth: OAuth, to: str) -> Response:
    """Off to WeChat with a state only this browser knows."""
    state = secrets.token_hex(16)
    response = door.back(oauth.address(f"{desk.public_url}{door.SIGN_IN}/wechat", state))
    response.set_cookie(
        STATE,
        f"{state}{to}",
        max_age=STATE_SECONDS,
        path=door.PATH,
        httponly=True,
        samesite="Lax",
        secure=desk.secure,
    )
    return response


def _back_from_wechat(desk: Desk) -> Response:
    """Back with a code. Clients do repeat this request: whoever is in by now goes on, the code is asked once."""
    now = desk.clock()
    kept = request.cookies.get(STATE, "")
    state, to = kept[:32], door.safe(kept[32:])
    with desk.reading() as db:
        visit = door.visit_of(db, now)
        if visit is not None and visit.member_id is not None:
            return door.back(to)
    by_number = door.back(f"{door.SIGN_IN}?by=number&to={quote(to, safe='/')}")
    by_number.delete_cookie(STATE, path=door.PATH)
    if desk.oauth is None or not state or not hmac.compare_digest(state, request.args.get("state", "")):
        return by_number
    try:
        openid = desk.oauth.openid(request.args.get("code", ""))
    except WeChatError as error:
        log.info("oauth refused error=%s", type(error).__name__)
        return by_number
    if openid is None:
        return door.show(desk, None, "h5/sign_in_not.html", why="snapshot", status=403)
    token = desk.run(lambda db: _admit(db, Account(desk.app_id, openid), now))
    if token is None:
        return door.show(desk, None, "h5/sign_in_not.html", why="unbound", status=403)
    response = door.keep(door.back(to), desk, token, int(visits.LIVES.total_seconds()))
    response.delete_cookie(STATE, path=door.PATH)
    return response


def _admit(db: Session, account: Account, now: datetime) -> str | None:
    member = members.of_account(db, account)
    if member is None:
        return None
    token, _ = visits.admitted(db, member, now, device=_device(), place=_place())
    return token


def _inside_wechat() -> bool:
    return "MicroMessenger" in request.headers.get("User-Agent", "")


def _device() -> str:
    return texts.device(request.headers.get("User-Agent", ""))


def _place() -> str:
    """Inside or outside the house's network, by the class of the address; the address itself is not kept.

    A proxy of ours stands on this machine and adds whom it heard last to X-Forwarded-For.
    """
    address = request.remote_addr or ""
    if _private(address) and request.headers.get("X-Forwarded-For"):
        address = request.headers["X-Forwarded-For"].rpartition(",")[2].strip()
    return texts.INSIDE if _private(address) else texts.OUTSIDE


def _private(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False
