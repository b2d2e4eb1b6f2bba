"""The API's document as a TypeScript declaration: `make client` writes client/zhibu.d.ts anew.

Every operation becomes one entry of `Operations`, named "GET /api/v1/…": what is given (path, query, headers, body)
and what is answered. What the document leaves open is `unknown`, never `any`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, cast

FILE = Path(__file__).with_name("zhibu.d.ts")
HEAD = """\
// Made from /api/openapi.json by `make client`; to change it, change the API.
"""
METHODS = ("get", "put", "post", "delete")  # what wx.request can send
PLACES = {"path": "path", "query": "query", "header": "headers"}  # of a parameter -> its name in `given`
PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}

Json: TypeAlias = Mapping[str, object]


def declaration(document: Json) -> str:
    """The whole file."""
    parts = [HEAD]
    schemas = _object(_object(document, "components"), "schemas")
    parts += [f"\n{_named(name, _object(schemas, name))}\n" for name in sorted(schemas)]
    parts.append("\nexport interface Operations {\n")
    parts += [_operation(name, operation) for name, operation in operations(document)]
    parts.append("}\n")
    return "".join(parts)


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    """Every operation a mini-program can send, by its name; parameters of the whole path are its own as well."""
    paths = _object(document, "paths")
    for path in sorted(paths):
        item = _object(paths, path)
        for method in METHODS:
            if method in item:
                operation = _object(item, method)
                shared = [*_list(item, "parameters"), *_list(operation, "parameters")]
                yield f"{method.upper()} {path}", {**operation, "parameters": shared}


def _named(name: str, schema: Json) -> str:
    said = _comment(schema, "")
    if schema.get("type") == "object" and "properties" in schema:
        return f"{said}export interface {_word(name)} {_fields(schema, '')}"
    return f"{said}export type {_word(name)} = {_type(schema, '')};"


def _operation(name: str, operation: Json) -> str:
    given = []
    for place, kept in PLACES.items():
        fields = [one for one in _list(operation, "parameters") if one.get("in") == place]
        if place == "header":
            fields = [one for one in fields if one.get("name") != "Authorization"]  # request.ts sees to it
        if fields:
            wanted = any(one.get("required") for one in fields)
            given.append(f"      {kept}{'' if wanted else '?'}: {_parameters(fields)};\n")
    body = _object(operation, "requestBody")
    if body:
        wanted = bool(body.get("required", True))
        given.append(f"      body{'' if wanted else '?'}: {_content(body, '      ')};\n")
    told = f"{{\n{''.join(given)}    }}" if given else "{}"
    return (
        f"{_comment({'description': operation.get('summary', '')}, '  ')}  {json.dumps(name)}: {{\n"
        f"    given: {told};\n    answer: {_answer(operation)};\n  }};\n"
    )


def _parameters(fields: Sequence[Json]) -> str:
    lines = []
    for one in fields:
        said = {"description": one.get("description", "")}
        name, optional = _key(str(one["name"])), "" if one.get("required") else "?"
        lines.append(
            f"{_comment(said, '        ')}        {name}{optional}: {_type(_object(one, 'schema'), '        ')};\n"
        )
    return f"{{\n{''.join(lines)}      }}"


def _answer(operation: Json) -> str:
    """What comes back where it went well; nothing at all is `undefined`. What waits (202) is told as a refusal."""
    responses = _object(operation, "responses")
    well = [status for status in sorted(responses) if status.startswith("2") and status != "202"]
    types = [_content(_object(responses, status), "    ") for status in well]
    return " | ".join(dict.fromkeys(types)) or "unknown"


def _content(holder: Json, indent: str) -> str:
    content = _object(holder, "content")
    if not content:
        return "undefined"
    if "application/json" in content:
        return _type(_object(_object(content, "application/json"), "schema"), indent)
    return "ArrayBuffer"


def _type(schema: Json, indent: str) -> str:
    """The type that has exactly the values this schema names, as far as TypeScript can tell."""
    if "$ref" in schema:
        return _word(str(schema["$ref"]).rpartition("/")[2])
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if "enum" in schema:
        return " | ".join(json.dumps(one, ensure_ascii=False) for one in cast("Sequence[object]", schema["enum"]))
    for key, sign in (("anyOf", " | "), ("oneOf", " | "), ("allOf", " & ")):
        if key in schema:
            return sign.join(dict.fromkeys(_within(_type(one, indent), sign) for one in _list(schema, key)))
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(_type({**schema, "type": one}, indent) for one in kind)
    if kind == "array":
        return _array(schema, indent)
    if kind == "object":
        return _mapping(schema, indent)
    return PLAIN.get(str(kind), "unknown")


def _array(schema: Json, indent: str) -> str:
    if "prefixItems" in schema:
        return f"[{', '.join(_type(one, indent) for one in _list(schema, 'prefixItems'))}]"
    return f"{_within(_type(_object(schema, 'items'), indent), '[]')}[]"


def _mapping(schema: Json, indent: str) -> str:
    if "properties" in schema:
        return _fields(schema, indent)
    values = schema.get("additionalProperties")
    return f"Record<string, {_type(cast('Json', values), indent) if isinstance(values, dict) else 'unknown'}>"


def _fields(schema: Json, indent: str) -> str:
    properties, required = _object(schema, "properties"), cast("Sequence[str]", schema.get("required", ()))
    lines = []
    for name in properties:
        one, deeper = _object(properties, name), f"{indent}  "
        optional = "" if name in required else "?"
        lines.append(f"{_comment(one, deeper)}{deeper}{_key(name)}{optional}: {_type(one, deeper)};\n")
    return f"{{\n{''.join(lines)}{indent}}}"


def _comment(schema: Json, indent: str) -> str:
    said = " ".join(str(schema.get("description", "")).split()).replace("*/", "* /")
    return f"{indent}/** {said} */\n" if said else ""


def _within(kind: str, sign: str) -> str:
    """In brackets where a union would be torn apart."""
    return f"({kind})" if sign != " | " and re.search(r" [|&] (?![^{]*})", kind) else kind


def _word(name: str) -> str:
    return re.sub(r"\W+", "_", name)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else json.dumps(name)


def _object(holder: Json, key: str) -> Json:
    """An object inside another; missing is empty."""
    return cast("Json", holder.get(key) or {})


def _list(holder: Json, key: str) -> Sequence[Json]:
    return cast("Sequence[Json]", holder.get(key) or ())
