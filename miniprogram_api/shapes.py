"""What the API takes: JSON bodies of a known shape; whatever is not quite that is refused as a whole."""

import json
from typing import TypeVar

import flask
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from miniprogram_api.errors import Malformed

LARGEST_BODY = 16 * 1024  # bytes


class Shape(BaseModel):
    """A request body: unknown fields and values of another type are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


S = TypeVar("S", bound=Shape)


class LoginIn(Shape):
    """The code of wx.login."""

    code: str = Field(pattern=r"^[!-~]{1,256}$")


class BindIn(Shape):
    """The 8-digit code on the slip."""

    code: str = Field(pattern=r"^[0-9]{8}$")


def body(shape: type[S]) -> S:
    """The request's body. Raises Malformed for what is no UTF-8, no JSON, ambiguous or of another shape."""
    content = flask.request.stream.read(LARGEST_BODY + 1)
    if len(content) > LARGEST_BODY:
        raise RequestEntityTooLarge
    try:
        return shape.model_validate(json.loads(content.decode("utf-8"), object_pairs_hook=_distinct))
    except (ValidationError, ValueError, RecursionError):
        raise Malformed from None


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The object; a name given twice is refused, since nobody could say which value was meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found
