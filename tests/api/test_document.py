"""The document: valid, true to what is answered, and every operation with an example that works."""

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import (
    CheckFunction,
    ignored_auth,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.config import SchemathesisConfig
from schemathesis.core import NOT_SET
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation, BaseSchema
from sqlalchemy import text
from sqlalchemy.orm import Session

from sealed import unsigned
from tests.api.stage import Stage, set_up
from tests.pages.conftest import office  # noqa: F401 - the same branch for this folder
from tests.pages.office import SECRETARY, Office

Operation: TypeAlias = "APIOperation[Any, Any, Any, Any]"  # schemathesis' own kinds of parts say nothing here
NAMES = {  # what the examples speak of: table and public id
    "activity": ("activity", "k7m2p9q4wx"),
    "member": ("member", "m3n8r5t2yz"),
    "leave": ("leave", "b4c6d8f2gh"),
    "makeup": ("makeup", "c5d7f9g3hj"),
    "text": ("held_text", "d6f8g2h4jk"),
    "question": ("question", "f8h2j4k6mn"),
    "step": ("path_step", "g9j3k5m7np"),
    "paper": ("paper", "h2k4m6n8pq"),
    "sitting": ("sitting", "j3m5n7p9qr"),
    "round": ("round", "r3n5t7w9xz"),
    "bulletin": ("bulletin", "t4p6v8x2ac"),
    "opinion": ("opinion", "w6r8x2z4ce"),
    "file": ("bulletin_file", "v5q7w9y3bd"),
}
ASKED_BY = {
    "withdraw": "M",
    "/sittings/{": "M",
    "decision": "S",
    "/checkins": "M",
    "/makeups": "L",
    "/bulletins/{": "M",
}
OTHERWISE = {  # an example that cannot come true word by word, and what it is told
    "POST /api/v1/login": 401,  # WeChat's codes are good once
    "POST /api/v1/bind": 409,  # so are the slips'
    "POST /api/v1/activities/{activity}/checkins": 409,  # the hall's number turns
}
WITHOUT: Mapping[CheckFunction, set[str]] = {  # what no document can say
    ignored_auth: {"POST /api/v1/logout"},  # ending what has ended is the same
    positive_data_acceptance: {
        "GET /api/v1/study/question",  # a topic goes with its purpose
        "GET /api/v1/stats",  # `after` is a place the server has named
        "GET /api/v1/activities/{activity}/roster",
        "POST /api/v1/activities",  # nobody plans for the year 679
        "POST /api/v1/activities/{activity}/move",
        "PATCH /api/v1/activities/{activity}",
        "POST /api/v1/rounds/{round}/answers",  # an answer goes with its question
        "POST /api/v1/rounds/{round}/ballots",
    },
}


@pytest.fixture(scope="module")
def stage(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Stage:  # noqa: F811 - the fixture
    """The branch with a record of every kind."""
    return set_up(office, tmp_path_factory.mktemp("stage") / "kept.db")


@pytest.fixture(scope="module")
def schema(stage: Stage) -> BaseSchema:
    """The document as schemathesis reads it."""
    generation = {
        "deterministic": True,
        "database": "none",
        "with-security-parameters": False,  # the login is ours
        "allow-x00": False,  # PostgreSQL keeps no NUL, so that the API takes none
    }
    config = SchemathesisConfig.from_dict({"seed": 1, "generation": generation})
    return schemathesis.openapi.from_wsgi("/api/openapi.json", stage.office.branch.app, config=config)


def test_the_document_is_valid_openapi_3_1(schema: BaseSchema, stage: Stage) -> None:
    assert str(stage.document["openapi"]).startswith("3.1.")
    schema.validate()


def test_schemathesis_finds_nothing(schema: BaseSchema, stage: Stage) -> None:
    for operation in _operations(schema):
        stage.rewind()
        _asked(stage, operation, stage.login(SECRETARY))  # a login of its own: one of the operations ends it


def test_every_operation_has_an_example_that_works(schema: BaseSchema, stage: Stage) -> None:
    for operation in _operations(schema):
        stage.rewind()
        _named_as_in_examples(stage, operation)
        case = operation.Case(
            path_parameters=_examples(operation, "path"), query=_examples(operation, "query"), body=_body(operation)
        )
        by = next((letter for word, letter in ASKED_BY.items() if word in operation.path), "S")
        response = case.call(headers={"Authorization": f"Bearer {stage.tokens[by]}"})
        expected = OTHERWISE.get(operation.label)
        good = response.status_code == expected if expected else response.status_code < 300
        assert good, f"{operation.label}: {response.status_code} {response.text}"
        case.validate_response(response, checks=[response_schema_conformance, status_code_conformance])


def _operations(schema: BaseSchema) -> list[Operation]:
    """All of them; one that schemathesis cannot read fails here."""
    found = list(schema.get_all_operations())
    assert all(isinstance(one, Ok) for one in found), found
    return [one.ok() for one in found if isinstance(one, Ok)]


def _asked(stage: Stage, operation: Operation, token: str) -> None:
    """What the document allows, and what it does not; none of it may break or be answered otherwise than it says."""
    right, wrong = (operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))
    without = [check for check, labels in WITHOUT.items() if operation.label in labels]

    @settings(max_examples=8, suppress_health_check=list(HealthCheck))
    @given(right | wrong)
    def ask(case: Case[Any]) -> None:
        stage.office.branch.clock.advance(1)  # a thumb, no machine: the pace of a login is kept
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=without)

    ask()


def _named_as_in_examples(stage: Stage, operation: Operation) -> None:
    """The subjects take the ids that the examples speak of; the activity is one in the state the operation asks for."""
    last = operation.path.rpartition("/")[2]
    states = {"move": "planned", "cancel": "planned", "family-leaves": "later", "makeups": "closed"}
    activity = "planned" if operation.method == "patch" else states.get(last, "open")
    meant = {"activity": activity, "round": "unnamed" if last == "ballots" else "round"}
    unsigned.begin(stage.office.house.unsigned, NAMES["round"][1])  # which has a database of its own

    def name(db: Session) -> None:
        for subject, (table, known) in NAMES.items():
            old = stage.subjects[meant.get(subject, subject)]
            change = f"UPDATE {table} SET public_id = :new WHERE public_id = :old"  # noqa: S608 - our own words
            db.execute(text(change), {"new": known, "old": old})
        db.execute(text("UPDATE question SET version = 1"))

    stage.office.house.run(name)


def _examples(operation: Operation, place: str) -> dict[str, object]:
    """The examples of the parameters there; those without one are left out."""
    found = [one for one in _list(operation, "parameters") if one["in"] == place]
    assert all("example" in one for one in found if one.get("required")), f"{operation.label} lacks an example"
    return {str(one["name"]): one["example"] for one in found if "example" in one}


def _body(operation: Operation) -> Any:  # JSON of any kind, or schemathesis' sign for none
    raw = operation.definition.raw
    if "requestBody" not in raw:
        return NOT_SET
    return raw["requestBody"]["content"]["application/json"]["example"]


def _list(operation: Operation, name: str) -> list[Mapping[str, object]]:
    return cast("list[Mapping[str, object]]", operation.definition.raw.get(name, []))
