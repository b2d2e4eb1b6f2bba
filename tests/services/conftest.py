"""The branch under test, for rules that are easiest seen with a chat around them."""

from tests.talks.conftest import branch, each_branch  # noqa: F401 - the same fixtures for this folder
