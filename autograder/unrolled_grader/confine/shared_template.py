"""One warm template for several grading processes of one machine: one opens it and lends it, the others borrow.

Warming a template takes seconds and a few hundred megabytes. A borrower asks the lender over a socket in a folder
that only this user may enter; what goes over it is a byte and two descriptors, which the lender hands on.
"""

import contextlib
import os
import socket
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from unrolled_grader.confine.limits import Limits
from unrolled_grader.confine.results import IsolationUnavailable
from unrolled_grader.confine.template import ForkingTemplate

DONE, REFUSED = b"D", b"R"


@dataclass(frozen=True)
class Offer:
    """What borrowers are told: where to ask, and what the template is."""

    address: str
    isolation: str
    limits: Limits


class TemplateServer:
    """Lends a template until it is closed; a context manager. `offer` is what borrowers are told."""

    def __init__(self, template: ForkingTemplate) -> None:
        self._template = template
        self._folder = tempfile.TemporaryDirectory(prefix="unrolled-lend-")
        self.offer = Offer(str(Path(self._folder.name, "template")), template.isolation, template.limits)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(self.offer.address)
        self._server.listen()
        threading.Thread(target=self._accept, name="template lender", daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                borrower, _ = self._server.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(borrower,), daemon=True).start()

    def _serve(self, borrower: socket.socket) -> None:
        with borrower, contextlib.suppress(OSError):
            while True:
                request, descriptors, _, _ = socket.recv_fds(borrower, 1, 2)
                if not request:
                    return
                try:
                    self._template._request(*descriptors)
                except (IsolationUnavailable, OSError) as error:
                    borrower.sendall(REFUSED + str(error).encode()[:1000])
                    return
                finally:
                    for descriptor in descriptors:
                        os.close(descriptor)
                borrower.sendall(DONE)

    def close(self) -> None:
        """Lend no more. The template itself stays as it is."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()


class RemoteTemplate(ForkingTemplate):
    """A template that another process of this machine opened."""

    def __init__(self, offer: Offer) -> None:
        self._address = offer.address
        super().__init__(offer.isolation, offer.limits)

    def _launch(self) -> None:
        self._control = socket.socket(socket.AF_UNIX)
        try:
            self._control.connect(self._address)
        except OSError as error:
            raise IsolationUnavailable(f"the process that opened the template is gone ({error.strerror})") from error

    def _request(self, *descriptors: int) -> None:
        with self._lock:
            try:
                socket.send_fds(self._control, [b"F"], descriptors)
                answer = self._control.recv(1100)
            except OSError as error:
                raise IsolationUnavailable(f"the process that opened the template is gone ({error})") from error
        if answer != DONE:
            reason = answer[1:].decode("utf-8", "replace") or "the process that opened the template is gone"
            raise IsolationUnavailable(reason)

    def close(self) -> None:
        self._control.close()
