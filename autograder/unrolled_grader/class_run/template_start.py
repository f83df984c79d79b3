"""A template of student processes that warms up while other things are imported and prepared. Imports little."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from unrolled_grader.confine import Limits, Template, open_template


class TemplateStart:
    """A template that is being opened, by a thread, while other things are done.

    Args:
        settings: `isolation`, `limits` and `warm`, as plain data.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self._thread = ThreadPoolExecutor(1)
        limits = Limits(**settings["limits"])
        self._opened = self._thread.submit(open_template, settings["isolation"], limits, settings["warm"])

    def template(self) -> Template:
        """Return the template, when it is warm. Raises IsolationUnavailable."""
        return self._opened.result()

    def close(self) -> None:
        """End it."""
        self._thread.shutdown()
        if self._opened.exception() is None:
            self._opened.result().__exit__(None, None, None)
