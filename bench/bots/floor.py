"""Flask answering `success` without reading."""

import flask

app = flask.Flask("floor", static_folder=None)


@app.post("/wechat")
def success() -> str:
    """Answer."""
    return "success"
