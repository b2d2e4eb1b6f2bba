"""What stands in for WeChat's JS SDK: its script, the look at a page's signature, the popup that asks for consent.

Source: platform page JS-SDK说明文档, and of its 开放标签 wx-open-subscribe.
"""

import json
from pathlib import Path
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, send_from_directory

from simulator import words
from simulator.authorize import REMEMBERED
from simulator.chat import POLICY
from simulator.template import SUBSCRIPTION
from simulator.world import World

HERE = Path(__file__).parent
SCRIPT = "/open/js/jweixin-1.6.0.js"


def blueprint(world: World) -> Blueprint:
    """The script's address and that of the popup."""
    paths = Blueprint("sdk", __name__, template_folder=str(HERE / "templates"))

    @paths.get(SCRIPT)
    def script() -> Response:
        if "signature" not in request.args:
            return send_from_directory(HERE / "static", "jweixin.js", max_age=0)
        told = json.dumps(_checked(world))
        return Response(f"wx.simulated({told});", content_type="text/javascript; charset=utf-8")

    @paths.get("/open/subscribe")
    def subscribe() -> Response:
        asked = request.args
        person = world.person(asked.get("person", "") or request.cookies.get(REMEMBERED, ""))
        wanted = asked.get("template", "").split(",")
        templates = [one for one in world.subscriptions.templates if one.id in wanted and one.channel == SUBSCRIPTION]
        kept = {name: value for name, value in asked.items() if name != "person"}
        origin = asked.get("origin", "")
        page = Response(
            render_template(
                "subscribe.html", world=world, person=person, templates=templates, origin=origin, query=urlencode(kept)
            )
        )
        page.headers["Content-Security-Policy"] = POLICY
        page.headers["Cache-Control"] = "no-store"
        return page

    return paths


def _checked(world: World) -> dict[str, object]:
    """What `wx.config` comes to."""
    asked = request.args
    app_id = asked.get("appId", "")
    if app_id != world.accounts.official_account.app_id:
        return {"ok": False, "errMsg": f"config:{words.INVALID_APP}"}
    signed = [asked.get(name, "") for name in ("timestamp", "nonceStr", "url", "signature")]
    if not world.page_tickets.right(app_id, *signed):
        return {"ok": False, "errMsg": f"config:{words.INVALID_SIGNATURE}"}
    return {"ok": True, "errMsg": "config:ok"}
