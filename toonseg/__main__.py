"""`python -m toonseg`: the command, where an interpreter is given, as under torchrun."""

import sys

from toonseg.cli import main

if __name__ == "__main__":
    sys.exit(main())
