"""The branch that jobs work for: the same fixtures as those of the conversations."""

from tests.talks.conftest import branch, each_branch

__all__ = ["branch", "each_branch"]
