"""The extension as a user gets it. The folder is skipped where bpy is absent."""

from __future__ import annotations

import pytest

pytest.importorskip("bpy")
