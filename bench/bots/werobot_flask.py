"""The same robot in Flask, by the view that WeRoBot brings for it."""

import flask
from werobot.contrib.flask import make_view

from bench.bots.werobot_echo import robot

app = flask.Flask("werobot", static_folder=None)
app.add_url_rule("/wechat", "werobot", make_view(robot), methods=["GET", "POST"])
