"""Imported first by programs that must start fast; changes nothing that they need.

nbformat imports jsonschema, and that, where it is installed, a grammar of internationalised web addresses that takes
a second of computing to make, in every process. No notebook's form has such an address in it.
"""

import sys
from typing import Any

modules: dict[str, Any] = sys.modules  # type: ignore[assignment]
modules.setdefault("rfc3987_syntax", None)  # importing it now raises ImportError, which jsonschema is ready for
