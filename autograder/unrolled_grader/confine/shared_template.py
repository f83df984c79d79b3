"""One warm template for several grading processes of one machine: one of them opens and serves it, the others use it.

Warming a template takes seconds and a few hundred megabytes. A client asks the server for a fork over a socket in a
folder that only this user may enter; it sends a byte and two descriptors, which the server passes to the template.
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
    """What a client needs: the address of the server's socket, and how the template isolates and limits."""

    address: str
    isolation: str
    limits: Limits


class TemplateServer:
    """Serves a template until it is closed; a context manager. `offer` is what clients need."""

    def __init__(self, template: ForkingTemplate) -> None:
        self._template = template
        self._folder = tempfile.TemporaryDirectory(prefix="unrolled-template-")
        self.offer = Offer(str(Path(self._folder.name, "template")), template.isolation, template.limits)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(self.offer.address)
        self._server.listen()
        threading.Thread(target=self._accept, name="template server", daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            while True:
                request, descriptors, _, _ = socket.recv_fds(client, 1, 2)
                if not request:
                    return
                try:
                    self._template.request_fork(*descriptors)
                except (IsolationUnavailable, OSError) as error:
                    client.sendall(REFUSED + str(error).encode()[:1000])
                    return
                finally:
                    for descriptor in descriptors:
                        os.close(descriptor)
                client.sendall(DONE)

    def close(self) -> None:
        """Stop serving. The template itself stays open."""
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

    def request_fork(self, *descriptors: int) -> None:
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
