"""Made-up names for students: the same one all through a course, and no way back to the student without its key."""

import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

KEY_BYTES = 32
ADJECTIVES = (
    "amber", "brave", "bright", "calm", "clever", "cosy", "crisp", "dapper", "eager", "early", "fond", "frosty",
    "gentle", "golden", "happy", "honest", "keen", "kind", "lively", "lucky", "mellow", "merry", "mild", "nimble",
    "patient", "quiet", "rapid", "silver", "steady", "sunny", "tidy", "witty",
)  # fmt: skip
ANIMALS = (
    "badger", "bear", "beaver", "bison", "crane", "cricket", "deer", "dolphin", "falcon", "finch", "fox", "gecko",
    "hare", "hedgehog", "heron", "ibex", "jackdaw", "koala", "lark", "lynx", "marmot", "moth", "newt", "otter",
    "owl", "panda", "puffin", "seal", "stork", "swift", "tortoise", "wren",
)  # fmt: skip


def course_key(records: Path) -> bytes:
    """The course's key for made-up names, drawn when first asked for and kept among its records.

    Raises:
        ValueError: the file is damaged; the message names it and the remedy.
    """
    path = records / "seeds" / "pseudonyms.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES))
        path.chmod(0o600)
    except FileExistsError:
        pass
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}). Delete it, and everybody gets another made-up name") from error
    if len(key) != KEY_BYTES:
        raise ValueError(f"{path} is damaged (its length). Delete it, and everybody gets another made-up name")
    return key


def pseudonyms(students: Iterable[str], key: bytes) -> dict[str, str]:
    """A made-up name for each student, as in "quiet otter 417". It follows from the student and the key alone, but for
    the rare two who would share one: both get a longer number."""
    numbers = {student: _number(student, key) for student in students}
    short = {student: _name(number, 1000) for student, number in numbers.items()}
    taken = Counter(short.values())
    return {
        student: name if taken[name] == 1 else _name(numbers[student], 10**9) for student, name in sorted(short.items())
    }


def _number(student: str, key: bytes) -> int:
    return int.from_bytes(hmac.new(key, student.encode("utf-8", "surrogatepass"), hashlib.sha256).digest())


def _name(number: int, numbers: int) -> str:
    number, adjective = divmod(number, len(ADJECTIVES))
    number, animal = divmod(number, len(ANIMALS))
    return f"{ADJECTIVES[adjective]} {ANIMALS[animal]} {number % numbers}"
