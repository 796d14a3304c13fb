"""Whether this is one of the long runs: `make soak` does in full what `make test` samples."""

from __future__ import annotations

import os

SOAKING = bool(os.environ.get("VITRINE_SOAK"))
