"""The simulator as one Flask application: API, control, the chat page, web sign-in and the JS SDK, on one port."""

from flask import Flask

from simulator import api, authorize, chat, control, sdk
from simulator.world import World


def create_app(world: World) -> Flask:
    """The application that serves this world."""
    app = Flask("simulator", static_folder=None, template_folder=None)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask types the provider's base
    app.register_blueprint(api.blueprint(world))
    app.register_blueprint(control.blueprint(world))
    app.register_blueprint(chat.blueprint(world))
    app.register_blueprint(authorize.blueprint(world))
    app.register_blueprint(sdk.blueprint(world))
    return app
