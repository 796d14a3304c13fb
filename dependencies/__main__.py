"""`python -m dependencies audit` and `python -m dependencies licences`."""

from __future__ import annotations

import sys

from dependencies.audit import audit
from dependencies.licences import PAGE, page

if __name__ == "__main__":
    if sys.argv[1:] == ["audit"]:
        sys.exit(audit())
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE}: written")
