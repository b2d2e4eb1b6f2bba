"""Where a page of the account sends a browser to learn who looks at it (网页授权): one chooses whose phone it is.

The real one knows whose phone it runs on and sends the browser back without a word (snsapi_base).
"""

from pathlib import Path
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from simulator import words
from simulator.chat import POLICY
from simulator.world import World

REMEMBERED = "simulated-phone"  # a cookie of ours: whose phone the browser was said to be
SCOPES = ("snsapi_base", "snsapi_userinfo")


def blueprint(world: World) -> Blueprint:
    """GET /connect/oauth2/authorize: without `person` the page that asks for one, with it the way back.

    `snapshot=1` plays a 快照页, whose visitor is nobody.
    """
    paths = Blueprint("authorize", __name__, template_folder=str(Path(__file__).parent / "templates"))

    @paths.get("/connect/oauth2/authorize")
    def authorize() -> AnyResponse:
        asked = request.args
        fault = _fault(world)
        if fault:
            return Response(fault, status=400, content_type="text/plain; charset=utf-8")
        person = world.person(asked.get("person", ""))
        if person is None:
            kept = {name: value for name, value in asked.items() if name not in ("person", "snapshot")}
            page = Response(render_template("authorize.html", world=world, query=urlencode(kept)))
            page.headers["Content-Security-Policy"] = POLICY
            page.headers["Cache-Control"] = "no-store"
            return page
        code = world.page_code(person, asked["scope"], snapshot=asked.get("snapshot") == "1")
        back = asked["redirect_uri"]
        query = urlencode({"code": code, "state": asked.get("state", "")})
        away = redirect(f"{back}{'&' if urlsplit(back).query else '?'}{query}")
        away.set_cookie(REMEMBERED, person.id, path="/open/subscribe", httponly=True, samesite="Lax")
        return away

    return paths


def _fault(world: World) -> str:
    """What the platform's error page says, "" when everything is in order."""
    asked = request.args
    if asked.get("appid") != world.accounts.official_account.app_id:
        return words.WRONG_APP
    if asked.get("response_type") != "code" or asked.get("scope") not in SCOPES:
        return words.WRONG_SCOPE
    if urlsplit(asked.get("redirect_uri", "")).scheme not in ("http", "https"):
        return words.WRONG_BACK
    return ""
