"""`make fuzz`: every parser of the house under attack, guided by coverage; `callbacks` goes at the whole of it."""

import sys

from tests.fuzz import guided, million

if __name__ == "__main__":
    if sys.argv[1:2] == ["callbacks"]:
        sys.exit(million.main(sys.argv[2:]))
    sys.exit(guided.main(sys.argv[1:]))
