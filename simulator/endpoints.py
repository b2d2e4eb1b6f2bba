"""What each API path does: tokens, codes, menu, followers, customer service, media, logins.

Paths, fields and errors are those of the platform's own pages (接口文档).
"""

import base64
import os
import secrets
from collections.abc import Callable
from datetime import timedelta

from simulator import menus, sending
from simulator.apierrors import ApiError
from simulator.call import Call, Json
from simulator.phone import Person
from simulator.world import World

DONE: Json = {"errcode": 0, "errmsg": "ok"}
VISITED_WITHIN = timedelta(hours=2)
LONGEST_CHECKED = 2500
MOST_PEOPLE = 100
MOST_LISTED = 10_000
LONGEST_MESSAGE = 2048


def _check_secret(call: Call, app_id: object, secret: object) -> str:
    world = call.world
    if not app_id:
        raise ApiError(41002)
    if not secret:
        raise ApiError(41004)
    right = world.accounts.secret_of(str(app_id))
    if right is None:
        raise ApiError(40013)
    if secret != right:
        raise ApiError(world.wrong_secret_code)
    return str(app_id)


def _open_gate(call: Call, app_id: str) -> None:
    is_account = app_id == call.world.accounts.official_account.app_id
    if is_account and not call.world.ip_allowed:
        raise ApiError(40164)
    call.world.quotas.spend(app_id, call.request.path)


def token(call: Call) -> Json:
    """GET /cgi-bin/token: a new token each time."""
    if call.query("grant_type") != "client_credential":
        raise ApiError(40002)
    app_id = _check_secret(call, call.query("appid"), call.query("secret"))
    _open_gate(call, app_id)
    grant = call.world.tokens.fetch(app_id)
    return {"access_token": grant.token, "expires_in": grant.seconds}


def stable_token(call: Call) -> Json:
    """POST /cgi-bin/stable_token: the same token while it is young enough."""
    fields = call.fields
    if fields.get("grant_type") != "client_credential":
        raise ApiError(40002)
    app_id = _check_secret(call, fields.get("appid"), fields.get("secret"))
    _open_gate(call, app_id)
    grant = call.world.tokens.fetch_stable(app_id, force=fields.get("force_refresh") is True)
    return {"access_token": grant.token, "expires_in": grant.seconds}


def callback_ips(call: Call) -> Json:
    """GET /cgi-bin/getcallbackip."""
    call.authorise()
    return {"ip_list": ["127.0.0.1"]}


def clear_quota(call: Call) -> Json:
    """POST /cgi-bin/clear_quota: ten times a month."""
    app_id = call.authorise()
    if call.fields.get("appid") != app_id:
        raise ApiError(40013)
    call.world.quotas.clear(app_id)
    return DONE


def create_menu(call: Call) -> Json:
    """POST /cgi-bin/menu/create."""
    call.authorise()
    menus.check_charset(call.request.get_data())
    call.world.menu = menus.check(call.fields)
    call.world.journal.changed("menu")
    return DONE


def get_menu(call: Call) -> Json:
    """GET /cgi-bin/menu/get."""
    call.authorise()
    if call.world.menu is None:
        raise ApiError(46003)
    return {"menu": call.world.menu}


def delete_menu(call: Call) -> Json:
    """GET /cgi-bin/menu/delete."""
    call.authorise()
    call.world.menu = None
    call.world.journal.changed("menu")
    return DONE


def create_code(call: Call) -> Json:
    """POST /cgi-bin/qrcode/create."""
    call.authorise()
    fields = call.fields
    action_info = fields.get("action_info")
    scene = action_info.get("scene") if isinstance(action_info, dict) else None
    if not isinstance(scene, dict):
        raise ApiError(40053)
    action = str(fields.get("action_name", ""))
    name = "scene_str" if "STR" in action else "scene_id"
    made = call.world.tickets.create(action, scene.get(name), fields.get("expire_seconds"))
    call.world.journal.changed("codes")
    answer: Json = {"ticket": made.ticket, "url": made.url}
    if made.expires is not None:
        answer["expire_seconds"] = int((made.expires - made.made).total_seconds())
    return answer


def user_info(call: Call) -> Json:
    """GET /cgi-bin/user/info."""
    call.authorise()
    return _describe(call.world, call.query("openid"))


def user_infos(call: Call) -> Json:
    """POST /cgi-bin/user/info/batchget: up to 100."""
    call.authorise()
    wanted = call.fields.get("user_list")
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= MOST_PEOPLE:
        raise ApiError(40032)
    found = [_describe(call.world, str(one.get("openid")) if isinstance(one, dict) else "") for one in wanted]
    return {"user_info_list": found}


def user_list(call: Call) -> Json:
    """GET /cgi-bin/user/get: followers, 10,000 at a time."""
    call.authorise()
    openids = [person.openid for person in call.world.people if person.following]
    start = 0
    if following := call.query("next_openid"):
        if following not in openids:
            raise ApiError(40003)
        start = openids.index(following) + 1
    page = openids[start : start + MOST_LISTED]
    answer: Json = {
        "total": len(openids),
        "count": len(page),
        "next_openid": page[-1] if page else "",
    }
    if page:
        answer["data"] = {"openid": page}
    return answer


def _describe(world: World, openid: str) -> Json:
    person = world.by_openid(openid)
    if person is None:
        raise ApiError(40003)
    if not person.following:
        return {"subscribe": 0, "openid": openid, "tagid_list": []}
    return _follower(person)


def _follower(person: Person) -> Json:
    # nickname and headimgurl have been empty since December 2021
    answer: Json = {
        "subscribe": 1,
        "openid": person.openid,
        "nickname": "",
        "sex": 0,
        "language": "zh_CN",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": int(person.subscribed_at.timestamp()) if person.subscribed_at else 0,
        "remark": "",
        "groupid": 0,
        "tagid_list": [],
        "subscribe_scene": person.subscribe_scene,
        "qr_scene": 0,
        "qr_scene_str": person.qr_scene,
    }
    if person.unionid:
        answer["unionid"] = person.unionid
    return answer


def send_message(call: Call) -> Json:
    """POST /cgi-bin/message/custom/send: texts, within the person's windows."""
    call.authorise()
    fields = call.fields
    body = fields.get("text")
    if fields.get("msgtype") != "text":
        raise ApiError(40008)
    text = body.get("content") if isinstance(body, dict) else None
    if not isinstance(text, str) or not text:
        raise ApiError(44004)
    if len(text.encode()) > LONGEST_MESSAGE:
        raise ApiError(45002)
    call.world.push(str(fields.get("touser", "")), "text", text)
    return DONE


def login(call: Call) -> Json:
    """GET /sns/jscode2session: no access token, a code once."""
    app_id = _check_secret(call, call.query("appid"), call.query("secret"))
    if app_id != call.world.accounts.mini_program.app_id:
        raise ApiError(40013)
    if not call.query("js_code"):
        raise ApiError(41008)
    code = call.world.logins.exchange(call.query("js_code"))
    code.session_key = base64.b64encode(os.urandom(16)).decode()
    answer: Json = {"session_key": code.session_key, "openid": code.openid}
    if code.snapshot:
        answer["is_snapshotuser"] = 1
    if code.unionid:
        answer["unionid"] = code.unionid
    return answer


def phone_number(call: Call) -> Json:
    """POST /wxa/business/getuserphonenumber: the number behind a code, once; with an openid only that person's."""
    call.authorise_mini()
    fields = call.fields
    code, openid = fields.get("code"), fields.get("openid", "")
    if not isinstance(code, str) or not isinstance(openid, str):
        raise ApiError(47001)
    shown = call.world.numbers.exchange(code, openid)
    mark = {"timestamp": call.world.clock.timestamp(), "appid": shown.app_id}
    info = {
        "phoneNumber": shown.number,
        "purePhoneNumber": shown.number,
        "countryCode": shown.country,
        "watermark": mark,
    }
    return {**DONE, "phone_info": info}


def page_login(call: Call) -> Json:
    """GET /sns/oauth2/access_token: who looks at a page; a token of its own kind, a code once."""
    app_id = _check_secret(call, call.query("appid"), call.query("secret"))
    if app_id != call.world.accounts.official_account.app_id:
        raise ApiError(40013)
    if call.query("grant_type") != "authorization_code":
        raise ApiError(40002)
    if not call.query("code"):
        raise ApiError(41008)
    code = call.world.page_logins.exchange(call.query("code"))
    answer: Json = {
        "access_token": "page_" + secrets.token_urlsafe(64),
        "expires_in": 7200,
        "refresh_token": "refresh_" + secrets.token_urlsafe(64),
        "openid": code.openid,
        "scope": code.scope,
    }
    if code.snapshot:
        answer["is_snapshotuser"] = 1
    if code.unionid and code.scope == "snsapi_userinfo":
        answer["unionid"] = code.unionid
    return answer


def show_typing(call: Call) -> Json:
    """POST /cgi-bin/message/custom/typing: 「对方正在输入」, within an open window."""
    call.authorise()
    fields = call.fields
    if fields.get("command") not in ("Typing", "CancelTyping"):
        raise ApiError(45072)
    person = call.world.by_openid(str(fields.get("touser", "")))
    if person is None:
        raise ApiError(40003)
    if not person.windows.any_open(call.world.clock.now()):
        raise ApiError(45080)
    return DONE


def check_text(call: Call) -> Json:
    """POST /wxa/msg_sec_check: what is suggested for a text; of somebody who was in the mini-program lately alone."""
    call.authorise_mini()
    fields, world = call.fields, call.world
    text = fields.get("content")
    if not isinstance(text, str) or not text or fields.get("version") != 2 or fields.get("scene") not in {1, 2, 3, 4}:
        raise ApiError(47001)
    if len(text) > LONGEST_CHECKED:
        raise ApiError(45002)
    visited = world.visited.get(str(fields.get("openid", "")))
    if visited is None or world.clock.now() - visited > VISITED_WITHIN:
        raise ApiError(61010)
    suggest = next((said for word, said in world.suggestions.items() if word in text), "pass")
    result = {"suggest": suggest, "label": 100 if suggest == "pass" else 20001}
    return {**DONE, "result": result, "detail": [{"strategy": "content_model", "errcode": 0, **result}], "trace_id": ""}


def page_ticket(call: Call) -> Json:
    """GET /cgi-bin/ticket/getticket: what pages are signed with (jsapi_ticket), the same while it lives."""
    app_id = call.authorise()
    if call.query("type") != "jsapi":
        raise ApiError(40097)
    ticket, seconds = call.world.page_tickets.fetch(app_id)
    return {**DONE, "ticket": ticket, "expires_in": seconds}


def upload(call: Call) -> Json:
    """POST /cgi-bin/media/upload: one file, for three days."""
    call.authorise()
    file = call.request.files.get("media")
    if file is None:
        raise ApiError(41005)
    kind = call.query("type")
    media_id = call.world.media.upload(kind, file.read(), file.mimetype)
    named = "thumb_media_id" if kind == "thumb" else "media_id"
    return {"type": kind, named: media_id, "created_at": call.world.clock.timestamp()}


ROUTES: tuple[tuple[str, str, Callable[[Call], Json]], ...] = (
    ("GET", "/cgi-bin/token", token),
    ("POST", "/cgi-bin/stable_token", stable_token),
    ("GET", "/cgi-bin/getcallbackip", callback_ips),
    ("POST", "/cgi-bin/clear_quota", clear_quota),
    ("POST", "/cgi-bin/menu/create", create_menu),
    ("GET", "/cgi-bin/menu/get", get_menu),
    ("GET", "/cgi-bin/menu/delete", delete_menu),
    ("POST", "/cgi-bin/qrcode/create", create_code),
    ("GET", "/cgi-bin/user/info", user_info),
    ("POST", "/cgi-bin/user/info/batchget", user_infos),
    ("GET", "/cgi-bin/user/get", user_list),
    ("POST", "/cgi-bin/message/template/send", sending.send_template),
    ("POST", "/cgi-bin/message/subscribe/bizsend", sending.send_notice),
    ("POST", "/cgi-bin/message/subscribe/send", sending.send_mini),
    ("GET", "/cgi-bin/ticket/getticket", page_ticket),
    ("POST", "/cgi-bin/message/custom/send", send_message),
    ("POST", "/cgi-bin/message/custom/typing", show_typing),
    ("POST", "/cgi-bin/media/upload", upload),
    ("POST", "/wxa/msg_sec_check", check_text),
    ("POST", "/wxa/business/getuserphonenumber", phone_number),
    ("GET", "/sns/jscode2session", login),
    ("GET", "/sns/oauth2/access_token", page_login),
)
