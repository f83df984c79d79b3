"""Makes imports faster; programs that must start fast import this module first.

nbformat imports jsonschema which, where it is installed, imports a grammar of internationalised web addresses. Building
that grammar takes a second in every process, and the schema of notebooks has no such address. So it is not imported.

And the garbage collector runs less often: imported objects stay, and looking through them takes a fifth of the time.
"""

import gc
import sys
from typing import Any

gc.set_threshold(50_000)
modules: dict[str, Any] = sys.modules
modules.setdefault("rfc3987_syntax", None)  # importing it now raises ImportError, which jsonschema is ready for
