"""Stand-ins, in the trusted process, for functions, classes and objects that stay in the student's process.

A test may call them and read their attributes; arguments and results cross as plain data. Nothing a student wrote
runs here: no operator, no conversion, no comparison of a stand-in ever reaches the student's code by itself.
"""

import builtins
from typing import Any

from unrolled.check.answers import Raised
from unrolled.plain_data import Handle, NotPlainData, PublicFunction, materialise
from unrolled_grader.confine import StudentNameError
from unrolled_grader.grade.session import StudentSession

LENGTH = PublicFunction("length", "def length(thing):\n    return len(thing)\n")
ITEM = PublicFunction("item", "def item(thing, key):\n    return thing[key]\n")


class StudentRaised(Exception):
    """The student's code raised; an instance is also of the built-in class of that name, where there is one."""

    kind = "Exception"


def student_exception(raised: Raised) -> StudentRaised:
    """What to raise here for what the student's code raised there."""
    like = getattr(builtins, raised.kind, None)
    bases: tuple[type, ...] = (StudentRaised,)
    if isinstance(like, type) and issubclass(like, Exception) and like is not Exception:
        bases = (StudentRaised, like)
    try:
        return type("StudentRaised", bases, {"kind": raised.kind})(raised.message)
    except TypeError:  # UnicodeDecodeError and its like are made from more than a message
        return type("StudentRaised", (StudentRaised,), {"kind": raised.kind})(raised.message)


class Proxy:
    """A thing of the student's. `student_name` is the name under which the test asked for it."""

    def __init__(self, session: StudentSession, handle: Handle, student_name: str) -> None:
        self._session = session
        self._handle = handle
        self._age = session.age
        self.student_name = student_name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._run(None, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"a test cannot read {name!r} of the student's {self.student_name}")
        try:
            value = self._session.get_attribute(self.handle(), name)
        except StudentNameError as error:  # hasattr, and NumPy, ask so
            raise AttributeError(str(error)) from error
        return to_test(self._session, value, f"{self.student_name}.{name}")

    def __len__(self) -> int:
        return self._run(LENGTH, (), {})

    def __getitem__(self, key: Any) -> Any:
        return self._run(ITEM, (key,), {})

    def __repr__(self) -> str:
        return f"<the student's {self.student_name}>"

    def handle(self) -> Handle:
        """The handle, if the student's process is still the one it came from."""
        self._session.require_age(self._age)
        return self._handle

    def _run(self, driver: PublicFunction | None, args: tuple, kwargs: dict) -> Any:
        sent_args = tuple(to_student(value) for value in args)
        sent_kwargs = {key: to_student(value) for key, value in kwargs.items()}
        try:
            outcome = self._session.call(self.handle(), sent_args, sent_kwargs, driver)
        except NotPlainData as error:
            raise TypeError(f"this test passes {self.student_name} what cannot be passed on: {error}") from error
        if isinstance(outcome, Raised):
            raise student_exception(outcome)
        return to_test(self._session, outcome.value, f"the result of {self.student_name}")


def to_test(session: StudentSession, value: Any, name: str) -> Any:
    """What a test sees of a value from the student's process."""
    if type(value) is Handle:
        return Proxy(session, value, name)
    return materialise(value)


def to_student(value: Any) -> Any:
    """What crosses for an argument of a test's call."""
    if type(value) is Proxy:
        return value.handle()
    if type(value) in (list, tuple):
        return type(value)(to_student(item) for item in value)
    if type(value) is dict:
        return {key: to_student(item) for key, item in value.items()}
    return value
