"""What would break the desk's promise if somebody did it, each with the test that sees it (confidential.md section 5).

`make proof` makes a copy of the house for each, breaks it there, and sees the named test fail.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One way to break it: `old` becomes `new` in the file, and `guard` (a test's id) has to fail."""

    name: str
    file: str
    old: str
    new: str
    guard: str


HERE = "tests/confidential"
MUTATIONS = (
    Mutation(
        "the member as the ballot",
        "bot/dialogues/round.py",
        """talk.keep("ballot", lambda: secrets.token_hex(16))""",
        """talk.keep("ballot", lambda: who)""",
        "tests/talks/test_round.py::test_an_unnamed_answer_is_final_and_nobody_is_behind_it",
    ),
    Mutation(
        "an unnamed round had in the ordinary chat",
        "bot/dialogues/round.py",
        """bound=False, sealed=True, typed_only=True)""",
        """bound=False, typed_only=True)""",
        "tests/talks/test_round.py::test_an_unnamed_answer_is_final_and_nobody_is_behind_it",
    ),
    Mutation(
        "an idempotency key kept for a ballot",
        "miniprogram_api/rounds.py",
        """@room.apart_post("/rounds/<round>/ballots", status=204)""",
        """@room.post("/rounds/<round>/ballots", status=204)""",
        "tests/api/test_rounds.py::test_an_unnamed_answer_leaves_the_application_as_it_was",
    ),
    Mutation(
        "an unsigned opinion had in the ordinary chat",
        "bot/dialogues/opinion.py",
        """bound=False, sealed=True, typed_only=True)""",
        """bound=False, typed_only=True)""",
        "tests/talks/test_opinion.py::test_an_unsigned_opinion_is_behind_its_receipt_and_nowhere_else",
    ),
    Mutation(
        "another receipt at a repeated turn",
        "bot/dialogues/opinion.py",
        """talk.keep("receipt", lambda: secrets.token_hex(16))""",
        """secrets.token_hex(16)""",
        "tests/talks/test_opinion.py::"
        "test_a_turn_cut_off_before_its_reply_files_the_same_opinion_under_the_same_receipt",
    ),
    Mutation(
        "AOF on",
        "confidential/memory.py",
        """return said.get("save") == "" and said.get("appendonly") == "no\"""",
        """return bool(said)""",
        f"{HERE}/test_desk.py::test_a_desk_that_cannot_keep_its_word_takes_nothing",
    ),
    Mutation(
        "a created_at column",
        "confidential/cases.py",
        "desk TEXT NOT NULL, week TEXT NOT NULL, purge_week TEXT\n",
        "desk TEXT NOT NULL, week TEXT NOT NULL, purge_week TEXT, created_at TEXT\n",
        f"{HERE}/test_file.py::test_the_files_have_these_tables_and_settings_and_nothing_else",
    ),
    Mutation(
        "text in an exception",
        "confidential/wire.py",
        """log.error("desk error=%s at=%s", type(error).__name__, trace)""",
        """log.error("desk error=%r at=%s", error, trace)""",
        f"{HERE}/test_around.py::test_a_fault_of_ours_says_nothing_of_the_case",
    ),
    Mutation(
        "the words of a bug in the chat's log",
        "bot/webhook.py",
        """number, type(error).__name__, where""",
        """number, repr(error), where""",
        f"{HERE}/test_whole.py::test_through_every_failure_nothing_is_lost_and_nothing_of_it_lies_about",
    ),
    Mutation(
        "a talk that ends while the desk is away",
        "bot/dialogues/confidential.py",
        """        if "signing" in talk.kept:  # a receipt""",
        """        if not talk.kept:  # a receipt""",
        "tests/talks/test_confidential.py::test_what_is_written_outlives_a_desk_that_is_away_while_it_is_written",
    ),
    Mutation(
        "WAL mode",
        "confidential/file.py",
        """    "journal_mode=PERSIST",\n""",
        """    "journal_mode=WAL",\n""",
        f"{HERE}/test_file.py::test_the_files_have_these_tables_and_settings_and_nothing_else",
    ),
    Mutation(
        "one VACUUM",
        "confidential/file.py",
        """        connection.execute(self.unfill, (FILLER,))
        connection.execute("VACUUM")
""",
        """        connection.execute(self.unfill, (FILLER,))
""",
        f"{HERE}/test_file.py::test_the_raw_disk_has_nothing_that_the_file_has_not",
    ),
    Mutation(
        "a copy that replaces by renaming",
        "confidential/file.py",
        """                there = os.open(copy, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
""",
        """                copy.unlink(missing_ok=True)
                there = os.open(copy, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
""",
        f"{HERE}/test_file.py::test_the_keeper_copies_over_what_was_there_purges_and_lets_one_work",
    ),
    Mutation(
        "the default temp_store",
        "confidential/file.py",
        """    "temp_store=MEMORY",""",
        """    "temp_store=DEFAULT",""",
        f"{HERE}/test_file.py::test_the_files_have_these_tables_and_settings_and_nothing_else",
    ),
    Mutation(
        "pyrage as the sealer",
        "sealed/seal.py",
        """    file_key = draw(16)
    stanzas""",
        """    from sealed.keys import recipient_text

    if len(publics) > 1:
        return pyrage.encrypt(plain, [pyrage.x25519.Recipient.from_str(recipient_text(one)) for one in publics])
    file_key = draw(16)
    stanzas""",
        f"{HERE}/test_sealed.py::test_sealed_files_are_of_one_size_whoever_and_how_many_read_them",
    ),
    Mutation(
        "a reminder that depends on something",
        "services/handlers.py",
        """for member in db.scalars(tied))""",
        """for member in db.scalars(tied) if member.id % 2)""",
        "tests/jobs/test_handlers.py::test_monday_and_thursday_at_nine_everybody_tied_is_told_the_same_once",
    ),
    Mutation(
        "the branch's cookie on Path=/",
        "pages/door.py",
        """    response.set_cookie(COOKIE, token, max_age=seconds, path=PATH,""",
        """    response.set_cookie(COOKIE, token, max_age=seconds, path="/",""",
        f"{HERE}/test_around.py::test_every_engine_hides_parameters_and_every_cookie_stays_in_its_place",
    ),
    Mutation(
        "`seen` ignored",
        "sealed/message.py",
        """    wanted = {seen for one in judged if one.signed and one.doc for seen in one.doc.seen} | set(known)""",
        """    wanted = set(known)""",
        f"{HERE}/test_sealed.py::test_a_case_is_judged",
    ),
    Mutation(
        "a signature without the lookup",
        "sealed/requests.py",
        """verb.encode() + bytes.fromhex(lookup) + hashlib""",
        """verb.encode() + hashlib""",
        f"{HERE}/test_sealed.py::test_requests_are_good_for_what_was_signed_and_nothing_else",
    ),
    Mutation(
        "a cap an hour",
        "confidential/desk.py",
        """        bits = self.bits()
        if not any""",
        """        bits = self.bits()
        if bits == work.HARDER:
            raise DeskAway
        if not any""",
        f"{HERE}/test_desk.py::test_five_hundred_junk_messages_cost_space_and_work_but_nobody_is_kept_out",
    ),
    Mutation(
        "logN 20",
        "confidential/static/keyfile.js",
        "setScryptWorkFactor(15)",
        "setScryptWorkFactor(20)",
        f"{HERE}/test_twin.py::test_a_key_file_of_the_page_opens_here_and_the_draws_are_read",
    ),
    Mutation(
        "JSON escaped to ASCII",
        "sealed/message.py",
        """    return json.dumps(value, ensure_ascii=False, separators""",
        """    return json.dumps(value, ensure_ascii=True, separators""",
        f"{HERE}/test_sealed.py::test_a_case_is_judged",
    ),
    Mutation(
        "something secret in a path",
        "confidential/static/wire.js",
        """fetch(`/report/${path}`, {""",
        """fetch(`/report/${path}?${location.host}`, {""",
        f"{HERE}/test_report_page.py::test_a_case_with_a_photograph_is_sent_answered_added_to_and_withdrawn",
    ),
)


def caught(mutation: Mutation) -> bool:
    """Whether the guard fails in a copy of the house that is broken so; it must pass in one that is not."""
    with tempfile.TemporaryDirectory() as folder:
        house = Path(folder) / "house"
        keep_out = shutil.ignore_patterns(
            ".venv", ".git", "var", "*.pyc", ".mypy_cache", ".ruff_cache", ".pytest_cache"
        )
        shutil.copytree(ROOT, house, ignore=keep_out)
        file = house / mutation.file
        source = file.read_text("utf-8")
        assert source.count(mutation.old) == 1, f"{mutation.name}: {mutation.file} has changed"
        file.write_text(source.replace(mutation.old, mutation.new), "utf-8")
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-x",
                "-p",
                "no:cacheprovider",
                f"--basetemp={folder}/t",
                mutation.guard,
            ],
            cwd=house,
            env={**os.environ, "PYTHONPATH": str(house)},
            check=False,
            capture_output=True,
            text=True,
        )
        return done.returncode == 1 and " failed" in done.stdout
