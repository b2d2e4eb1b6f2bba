"""A worker ends with the process that started it, even by kill -9."""

import subprocess
import sys

from tests.engines import alive, eventually

CHILD = """
import os, sys
from engines.process import die_with_parent
die_with_parent(int(sys.argv[1]))
print(os.getpid(), flush=True)
sys.stdin.read()
"""
PARENT = f"""
import os, subprocess, sys
subprocess.run([sys.executable, "-c", {CHILD!r}, sys.argv[1] or str(os.getpid())])
"""


def test_a_child_ends_with_its_killed_parent() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, ""], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
        parent.wait()
        # its input stays open: nothing but the kernel's signal ends it
        eventually(lambda: not alive(child), what="the end of the child")


def test_a_child_whose_parent_is_gone_already_ends_at_once() -> None:
    somebody_else = "1"
    done = subprocess.run([sys.executable, "-c", PARENT, somebody_else], capture_output=True, text=True, check=False)
    assert done.stdout == ""
