"""The simulator as one Flask application: API, control, the chat page, web sign-in and the JS SDK, on one port."""

from collections.abc import Callable
from functools import cache, partial

from flask import Flask
from werkzeug.routing import Rule

from simulator import api, authorize, chat, control, sdk
from simulator.world import World


class _Route(Rule):
    """A route that compiles what builds its address with the first address built: there are worlds by the thousand."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002 - werkzeug's signature
        compiled = cache(partial(super()._compile_builder, append_unknown))
        return lambda rule, /, **values: compiled()(rule, **values)


class _Site(Flask):
    url_rule_class = _Route


def create_app(world: World) -> Flask:
    """The application that serves this world."""
    app = _Site("simulator", static_folder=None, template_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask types the provider's base
    app.register_blueprint(api.blueprint(world))
    app.register_blueprint(control.blueprint(world))
    app.register_blueprint(chat.blueprint(world))
    app.register_blueprint(authorize.blueprint(world))
    app.register_blueprint(sdk.blueprint(world))
    return app
