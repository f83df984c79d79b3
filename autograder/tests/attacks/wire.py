"""Speaking on the wire for itself: forged, early, late, double, endless and malformed messages."""

from typing import Any

from attack import Attack, code

# how an attack finds the socket, and what it says on it
SPEAK = code("""
import json, os, socket, struct
def number_of_socket():
    for name in os.listdir("/proc/self/fd"):
        try:
            if os.readlink(f"/proc/self/fd/{name}").startswith("socket:"): return int(name)
        except OSError: pass
def say(data):
    connection = socket.socket(fileno=os.dup(number_of_socket()))
    connection.setblocking(True)
    connection.sendall(data)
def message(tree, sizes=(), length=None):
    header = tree if type(tree) is bytes else json.dumps([tree, list(sizes)]).encode()
    return struct.pack(">I", len(header) if length is None else length) + header
def reply(number, *rest): return message(["tuple", [number, *rest]])
def points(number): return reply(number, "outcomes", ["list", [["tuple", ["returned", 4.0]]] * 2])
""")
ENDED = {"statuses": ("flagged",)}  # it stopped speaking the protocol: its process is ended, a person is told


def said(name: str, tries: str, line: str, **settings: Any) -> Attack:
    """Return an attack that says something on the wire in its first cell, with wrong answers in all others."""
    return Attack(f"wire_{name}", tries, f"{SPEAK}\n{code(line)}", **settings)


WIRE = [
    said(
        "early_points",
        "answers the coming questions before they are asked, with points",
        "for n in range(2, 60): say(points(n))",
        **ENDED,
    ),
    said(
        "forged_cell",
        "answers for its own cell, with a forged result",
        "for n in range(1, 9): say(reply(n, 'ran', ['list', []], None))",
        **ENDED,
    ),
    said(
        "double",
        "answers each question twice",
        "say(reply(3, 'ran', ['list', []], None) * 2)",
        **ENDED,
    ),
    said(
        "from_the_future",
        "answers a question with a number far ahead",
        "say(points(10**6))",
        **ENDED,
    ),
    said(
        "number_zero",
        "says hello again, as another process",
        "say(reply(0, 'hello', 1))",
        **ENDED,
    ),
    said(
        "flooded",
        "says of itself that it flooded",
        "say(reply(0, 'flooded'))",
        **ENDED,
    ),
    said(
        "giant_length",
        "announces four gigabytes",
        "say(message(b'', length=2**32 - 1))",
        **ENDED,
    ),
    said(
        "giant_buffers",
        "announces buffers of many terabytes",
        "say(message(['tuple', [2, 'ran']], [2**40] * 9))",
        **ENDED,
    ),
    said(
        "negative_buffers",
        "buffers of negative size",
        "say(message(['tuple', [2, 'ran']], [-1, 1]))",
        **ENDED,
    ),
    said(
        "half",
        "half a message, and then silence",
        """
        say(message(['tuple', [2, 'ran']], length=10**6))
        import time; time.sleep(60)
        """,
        **ENDED,
    ),
    said(
        "not_json",
        "something else than JSON",
        "say(message(b'\\xff\\xfe{' * 100))",
        **ENDED,
    ),
    said(
        "deep_json",
        "brackets a hundred thousand deep",
        "say(message(b'[' * 10**5))",
        **ENDED,
    ),
    said(
        "wide_json",
        "a message of five million empty lists",
        "say(message(b'[' + b'[],' * 5 * 10**6 + b'[]]'))",
        **ENDED,
    ),
    said(
        "long_number",
        "an integer of a million digits, and 1e999",
        "say(message(b'[[\"tuple\", [' + b'9' * 10**6 + b', 1e999]], []]'))",
        **ENDED,
    ),
    said(
        "constants",
        "NaN and Infinity in the header",
        "say(message(b'[[\"tuple\", [NaN, Infinity]], []]'))",
        **ENDED,
    ),
    said(
        "wrong_types",
        "numbers where names belong, names where numbers do",
        "say(message(['tuple', ['2', 2, True]]))",
        **ENDED,
    ),
    said(
        "unknown_tags",
        "values of kinds that are none",
        "say(message(['tuple', [2, 'ran', ['pickle', 'gASV'], ['object', '__reduce__']]]))",
        **ENDED,
    ),
    said(
        "endless_rows",
        "an array of no bytes with 10**15 rows",
        "say(message(['tuple', [2, 'value', ['array', '<f8', [10**15, 0], 0]]], [0]))",
        **ENDED,
    ),
    said(
        "object_dtype",
        "an array of Python objects",
        "say(message(['tuple', [2, 'value', ['array', '|O', [1], 0]]], [8]) + bytes(8))",
        **ENDED,
    ),
    said(
        "half_surrogate",
        "text that no file can hold",
        'say(message(b\'[["tuple", [2, "\\\\ud800"]], []]\'))',
        **ENDED,
    ),
    said(
        "descriptors",
        "sends descriptors along with a message",
        """
        connection = socket.socket(fileno=os.dup(number_of_socket()))
        for _ in range(50): socket.send_fds(connection, [b'\\0'], [0, 1, 2] * 20)
        """,
        **ENDED,
    ),
    said(
        "closed",
        "closes the socket",
        "os.close(number_of_socket())",
        **ENDED,
    ),
    said(
        "exchanged",
        "puts another socket in the place of its own",
        "number = number_of_socket(); a, b = socket.socketpair(); os.dup2(a.fileno(), number)",
        **ENDED,
    ),
    said(
        "eats_questions",
        "reads the grader's questions away before they are answered",
        """
        import threading
        connection = socket.socket(fileno=os.dup(number_of_socket()))
        def eat():
            while True:
                try: print(connection.recv(10**6)[:0])
                except OSError: pass
        threading.Thread(target=eat, daemon=True).start()
        """,
        **ENDED,
    ),
    said(
        "knows_the_number",
        "a thread answers each question at once, with its right number and points",
        """
        import sys, threading, time
        connection = socket.socket(fileno=os.dup(number_of_socket()))
        def answer():
            last = 0
            while True:
                for frame in sys._current_frames().values():
                    while frame:
                        number = frame.f_locals.get("number")
                        if frame.f_code.co_name == "serve" and number and number != last:
                            last = number
                            connection.sendall(points(number))
                        frame = frame.f_back
                time.sleep(0)
        threading.Thread(target=answer, daemon=True).start()
        time.sleep(0.1)
        """,
        **ENDED,
    ),
    said(
        "other_outcomes",
        "forges outcomes of every kind: stub, timeout, library, other names, markup",
        """
        import sys
        serve = next(m for n, m in sys.modules.items() if n.endswith("student_side.serve"))
        made = 0
        def calls(self, handle, cases, forbidden):
            global made
            made += 1
            kinds = ["CheckFailed", "<script>alert(1)</script>", "\\x1b[2Jx", "Warning", "KeyError"]
            text = "</pre><script>alert(2)</script>\\x1b]0;x\\x07"
            return ("outcomes", [("raised", kinds[made % 5], text)] * len(cases))
        for thing in __import__("gc").get_objects():
            if type(thing).__name__ == "Submission": thing.verbs["calls"] = lambda *a: calls(thing, *a)
        """,
    ),
    said(
        "forged_outputs",
        "outputs of kinds and sizes that no cell has",
        """
        import sys
        for thing in __import__("gc").get_objects():
            if type(thing).__name__ == "Submission":
                thing.verbs["run"] = lambda source: ("ran", [{"output_type": "execute_result", "execution_count": 1,
                    "data": {"text/plain": "1000"}, "metadata": {}}, {"output_type": "stream", "name": "stdout",
                    "text": "1000\\x1b[2J"}], None)
        """,
    ),
    said(
        "foreign_handles",
        "handles of kinds and numbers that it was never given",
        """
        for thing in __import__("gc").get_objects():
            if type(thing).__name__ == "Submission":
                from unrolled.plain_data import Handle
                thing.verbs["fetch"] = lambda name: ("value", Handle(10**9, "module", "builtins"))
                thing.give = lambda value: Handle(-5, "class", "np.ndarray")
        """,
    ),
]
