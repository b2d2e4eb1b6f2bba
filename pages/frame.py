"""What every page shares: its template folder, its static files under /h5/static/, its security headers."""

import hashlib
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Response, request, url_for
from flask.sansio.app import App

HERE = Path(__file__).parent
FOREVER = "public, max-age=31536000, immutable"

# Pages load their own files and nothing else; nothing is inline but the drawing of a QR code.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action {forms}; frame-ancestors 'none'"
)

WECHAT_FRAMES = "https://*.qq.com webcompt:"  # in which WeChat draws its own button; page 微信开放标签


def join(app: App) -> None:
    """Give the app what every page needs; more than once is no harm."""
    if "frame" not in app.blueprints:
        app.register_blueprint(_blueprint())


def guard(response: Response, forms: str = "'none'", script: str = "") -> Response:
    """The headers of a page: no foreign source but that of one `script`, nothing stored, no address told to others."""
    policy = POLICY.format(forms=forms)
    if script:
        place = "{0.scheme}://{0.netloc}".format(urlsplit(script))
        policy = policy.replace("script-src 'self'", f"script-src 'self' {place}")
        policy += f"; frame-src {place} {WECHAT_FRAMES}"
    response.headers["Content-Security-Policy"] = policy
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so that a browser may keep it for good."""
    return url_for("frame.static", filename=name, v=_print_of(name))


@cache
def _print_of(name: str) -> str:
    return hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()[:12]


def _blueprint() -> Blueprint:
    frame = Blueprint(
        "frame", __name__, template_folder="templates", static_folder="static", static_url_path="/h5/static"
    )
    frame.after_request(_keep)
    frame.app_template_global("asset")(asset)
    return frame


def _keep(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    known = request.view_args is not None and request.args.get("v")
    if response.status_code in {200, 304} and known:
        response.headers["Cache-Control"] = FOREVER
    return response
