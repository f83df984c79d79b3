"""A template of student processes that warms up while other things are imported and prepared. Imports little."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from unrolled_grader.confine import Limits, Template, open_template


class TemplateStart:
    """A template that a thread opens while other things are done.

    Args:
        settings: the arguments `isolation`, `limits` (as a dict) and `warm` of `open_template`.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self._thread = ThreadPoolExecutor(1)
        limits = Limits(**settings["limits"])
        self._opened = self._thread.submit(open_template, settings["isolation"], limits, settings["warm"])

    def template(self) -> Template:
        """Wait until the template is warm, and return it. Raises IsolationUnavailable."""
        return self._opened.result()

    def close(self) -> None:
        """Close the template, once it has opened."""
        self._thread.shutdown()
        if self._opened.exception() is None:
            self._opened.result().__exit__(None, None, None)
