"""``python -m elocute`` is the command ``elocute``."""

import sys

from elocute.cli import main

if __name__ == "__main__":
    sys.exit(main())
