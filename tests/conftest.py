"""For every test: nothing that is kept from one run, or by the user of this computer, makes a test pass."""

from __future__ import annotations

import os

os.environ["ELOCUTE_CACHE"] = "off"
