"""Imported first by programs that must start fast; changes nothing that they need.

nbformat imports jsonschema, and that, where it is installed, a grammar of internationalised web addresses that takes
a second of computing to make, in every process. No notebook's form has such an address in it.

And the garbage collector looks less often: what is imported stays, and going through it takes a fifth of the time.
"""

import gc
import sys
from typing import Any

gc.set_threshold(50_000)
modules: dict[str, Any] = sys.modules
modules.setdefault("rfc3987_syntax", None)  # importing it now raises ImportError, which jsonschema is ready for
