"""What the API takes and tells: shapes with an example for each field; what is not quite a shape is refused whole."""

import json
import re
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, ClassVar, TypeVar, cast, get_args

import flask
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    ValidationError,
    WithJsonSchema,
)
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from werkzeug.exceptions import RequestEntityTooLarge

from miniprogram_api.errors import Malformed

LARGEST_BODY = 16 * 1024  # bytes; a tick list of 500 people is 7,000
KEY = r"^[ -~]{1,64}$"
ID = r"^[2-9a-z]{10}$"
MOST = 100  # rows of a page

_TIME: dict[str, object] = {"type": "string", "format": "date-time"}
Moment = Annotated[
    datetime, PlainSerializer(lambda at: at.astimezone(UTC).isoformat(), return_type=str), WithJsonSchema(_TIME)
]
"""A time that is told, with its zone: the same moment is always the same text."""


def _written(value: object) -> object:
    """A time is written out: pydantic would take 1 for a second of 1970."""
    if not isinstance(value, str) or not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T", value):
        raise ValueError("no time")
    return value


Instant = Annotated[AwareDatetime, Strict(strict=False), BeforeValidator(_written), WithJsonSchema(_TIME)]
"""A time that is taken; without a zone nobody could say which was meant."""


def _one_example(schema: JsonDict) -> None:
    """In the document a parameter has one `example`, no list of them, and is left out rather than null."""
    for field in cast("dict[str, JsonDict]", schema.get("properties", {})).values():
        kinds = [one for one in cast("list[JsonDict]", field.get("anyOf", [])) if one != {"type": "null"}]
        if len(kinds) == 1:
            field.pop("anyOf")
            field.pop("default", None)
            field.update(kinds[0])
        examples = field.pop("examples", None)
        if isinstance(examples, list):
            field["example"] = examples[0]


def sample(shape: type[BaseModel]) -> dict[str, object]:
    """An example of the shape, as JSON has it."""
    return {
        field.serialization_alias or field.alias or name: _sample(field) for name, field in shape.model_fields.items()
    }


def _sample(field: FieldInfo) -> object:
    if field.examples:
        return field.examples[0]
    kinds = [*_parts(field.annotation)]
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            one = sample(kind)
            return [one] if any(getattr(part, "__origin__", part) is list for part in kinds) else one
        if isinstance(kind, type) and issubclass(kind, Enum):
            return next(iter(kind)).value
    if kinds == [bool]:
        return False
    if not field.is_required():
        return field.get_default()
    raise TypeError(f"a field of {field.annotation} needs examples=[…]")


def _parts(kind: object) -> list[object]:
    """The type and what it is put together from: list[X] | None -> the union, list[X], X, None."""
    return [kind, *(part for one in get_args(kind) for part in _parts(one))]


class Example(BaseModel):
    """A shape whose example is put together from those of its fields, so that no operation goes without one."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_of_pydantic: object) -> None:
        """Leave the example where flask-openapi3 looks for it."""
        cls.model_config["openapi_extra"] = {"example": sample(cls)}  # type: ignore[typeddict-unknown-key] # its own key


class Shape(Example):
    """A request body: unknown fields and values of another type are mistakes.

    What stands in a field of READ_BY_OTHERS is looked over before others read it.
    """

    READ_BY_OTHERS: ClassVar[tuple[str, ...]] = ()

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Asked(BaseModel):
    """What stands in an address, behind the ? or within the path: text, and read as such."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_one_example)


class Told(Example):
    """An answer."""

    model_config = ConfigDict(frozen=True)


class ErrorTold(Told):
    """Every error: a lower-case word for the program, and a sentence for the person who holds the phone."""

    code: str = Field(pattern="^[a-z]+$", examples=["state"])
    message: str = Field(examples=["11月主题党日签到已结束。没签上的，请找党小组长。"])


class Keyed(BaseModel):
    """The header of everything that writes: the same key again is the same request, and is told the same answer."""

    model_config = ConfigDict(json_schema_extra=_one_example)

    key: str | None = Field(
        None,
        alias="Idempotency-Key",
        pattern=KEY,
        description="Made anew for every deed of a person and repeated with every repetition; kept for a day.",
        examples=["5b1f3f0e-2f6d-4b0e-9d5e-6d8a3c1f7a10"],
    )


class Paged(Asked):
    """Which page of a list: what follows `after`, which is the `next` of the page before."""

    after: str | None = Field(None, pattern=r"^[0-9a-z.-]{1,40}$")
    limit: int = Field(50, ge=1, le=MOST)


class ActivityPath(Asked):
    """One activity."""

    activity: str = Field(pattern=ID, examples=["k7m2p9q4wx"])


S = TypeVar("S", bound=BaseModel)


def body(shape: type[S]) -> S:
    """The request's body. Raises Malformed for what is no UTF-8, no JSON, ambiguous or of another shape."""
    content = flask.request.stream.read(LARGEST_BODY + 1)
    if len(content) > LARGEST_BODY:
        raise RequestEntityTooLarge
    try:
        text = content.decode("utf-8")
        found = json.loads(text, object_pairs_hook=_distinct, parse_float=_number)
        return shape.model_validate_json(json.dumps(found))
    except (ValidationError, ValueError, RecursionError):
        raise Malformed from None


def _number(text: str) -> float | int:
    """In JSON 2.0 is an integer as well."""
    found = float(text)
    return int(found) if found.is_integer() else found


def query(shape: type[S]) -> S:
    """What stands behind the ?. Raises Malformed, also for a name that stands twice."""
    pairs = list(flask.request.args.items(multi=True))
    try:
        return shape.model_validate(_distinct([(name, value) for name, value in pairs]))
    except (ValidationError, ValueError):
        raise Malformed from None


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The object; a name given twice is refused, since nobody could say which value was meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    if any(map(_has_nul, found.values())):
        raise ValueError("a text with a NUL, which no database takes")
    return found


def _has_nul(value: object) -> bool:
    """Whether a text in it has one; objects within have been looked through before."""
    return any(map(_has_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\0" in value
