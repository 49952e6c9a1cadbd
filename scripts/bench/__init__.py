"""Measurements, one program each: ``python -m scripts.bench.NAME`` at the repository's root."""

import scripts.backend_path  # noqa: F401  before anything of the backend
