"""The API's document, OpenAPI 3.1, made of the routes themselves; and a page that shows it."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import cast

import flask
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models import APISpec
from flask_openapi3.models.components import Components
from flask_openapi3.models.info import Info
from flask_openapi3.models.security_scheme import SecurityScheme

from miniprogram_api import errors
from miniprogram_api.shapes import ErrorTold

Json = dict[str, object]
POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ABOUT = (
    "JSON for the mini-program. Send wx.login's code to /login, then its token with every request, "
    "as Authorization: Bearer. "
    "Every error is {code, message}: the code for the program, the message for the person. "
    "What is not yours to see is answered as what is not there."
)


def document(rooms: Sequence[APIBlueprint]) -> Json:
    """The whole document."""
    schemas: dict[str, object] = {"ErrorTold": ErrorTold.model_json_schema()}
    for room in rooms:
        schemas |= room.components_schemas
    spec = APISpec(
        openapi="3.1.0",
        info=Info(title="支部通", version="1", description=ABOUT),
        paths={path: item for room in rooms for path, item in room.paths.items()},
        components=Components(
            schemas=schemas,  # type: ignore[arg-type] # as flask-openapi3 has gathered them
            securitySchemes={"token": SecurityScheme(type="http", scheme="bearer")},
        ),
        tags=[tag for room in rooms for tag in room.tags],
    )
    made = spec.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
    return cast("Json", _without_copies(made))


def blueprint(rooms: Callable[[], Sequence[APIBlueprint]]) -> flask.Blueprint:
    """GET /api/openapi.json and /api/doc; neither needs a token, since neither tells of anybody.

    Made when somebody first asks: `rooms` hangs all routes up once more, for the document.
    """
    routes = flask.Blueprint(
        "api_document", __name__, template_folder="templates", static_folder="static", static_url_path="/api/static"
    )

    @cache
    def made() -> Json:
        return document(rooms())

    @routes.get("/api/openapi.json")
    def openapi() -> flask.Response:
        response = flask.Response(json.dumps(made(), ensure_ascii=False), content_type="application/json")
        response.headers["Cache-Control"] = "no-cache"
        response.add_etag()
        return cast("flask.Response", response.make_conditional(flask.request))

    @routes.get("/api/doc")
    def page() -> flask.Response:
        shown = flask.render_template(
            "api.html",
            about=ABOUT,
            affairs=affairs(made()),
            answers=_answers,
            may_be=partial(_may_be, made()),
            codes=errors.codes(),
            pretty=_pretty,
        )
        response = flask.make_response(shown)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return routes


def affairs(made: Json) -> list[tuple[Json, list[tuple[str, str, Json]]]]:
    """The operations by affair: (tag, [(method, path, operation)])."""
    paths = cast("Mapping[str, Mapping[str, Json]]", made["paths"])
    found = [(method.upper(), path, one) for path, ways in paths.items() for method, one in ways.items()]
    tags = cast("list[Json]", made["tags"])
    return [(tag, [one for one in found if tag["name"] in cast("list[str]", one[2]["tags"])]) for tag in tags]


def _answers(operation: Json) -> list[tuple[str, str, object]]:
    """What is told where nothing is refused: (statuses, media type, example), the same example once."""
    found: list[tuple[str, str, object]] = []
    for status, response in cast("Mapping[str, Json]", operation["responses"]).items():
        if status >= "300":
            continue
        content = cast("Mapping[str, Json]", response.get("content") or {})
        kind, told = next(iter(content.items()), ("", {}))
        if found and found[-1][1:] == (kind, told.get("example")):
            found[-1] = (f"{found[-1][0]}, {status}", *found[-1][1:])
        else:
            found.append((status, kind, told.get("example")))
    return found


def _may_be(made: Json, parameter: Json) -> str:
    """What a parameter may be: an example, the words of a code, the bounds of a number."""
    if "example" in parameter:
        return str(parameter["example"])
    schema = cast("Json", parameter["schema"])
    schema = next((one for one in cast("list[Json]", schema.get("anyOf", [])) if one.get("type") != "null"), schema)
    if "$ref" in schema:
        components = cast("Mapping[str, Mapping[str, Json]]", made["components"])
        schema = components["schemas"][str(schema["$ref"]).rpartition("/")[2]]
    if "enum" in schema:
        return " | ".join(map(str, cast("list[object]", schema["enum"])))
    if "maximum" in schema:
        return f"{schema.get('minimum', 0):g} … {schema['maximum']:g}"
    return str(schema.get("format") or schema.get("pattern") or schema.get("type") or "")


def _pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _without_copies(value: object) -> object:
    """A schema's own `$defs` stand among the components already; a `title` says the name once more."""
    if isinstance(value, list):
        return [_without_copies(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: one if name in {"example", "examples"} else _without_copies(one)
        for name, one in value.items()
        if name != "$defs"
    }
