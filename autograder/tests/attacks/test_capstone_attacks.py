"""Does anything but a model earn points of the capstone? Each attack is graded the whole way, on the real sealed data.

The lesson here has the capstone's properties, and a reference that takes up no track: nothing is trained to make the
table, so that a class is graded in seconds.
"""

import contextlib
import io
import os
import textwrap
from pathlib import Path

import nbformat
import pytest
from evidence_of import student_text
from grade_course import Course, make_course

from unrolled_grader.cli import main

ROOT = Path(__file__).parents[3]
LESSON = '''# %% role="given"
import numpy as np

from unrolled import check, data

# %% role="answer" id="Capstone"
class Capstone:
    """A model of one of the tracks."""
    ### BEGIN SOLUTION
    track = "none"
    ### END SOLUTION

# %% role="test" id="test_Capstone" points=20
check(Capstone)
'''
EXERCISES = f"""
import importlib.util
import sys

from unrolled_grader.exercises import Exercise

path = {str(ROOT / "solutions/11_capstone/exercises.py")!r}
spec = importlib.util.spec_from_file_location("capstone_exercises", path)
found = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = found
spec.loader.exec_module(found)
Capstone = Exercise("Capstone", *found.Capstone.properties)
"""
SAID = "print('PREPARED')"

ATTACKS = {  # what it tries: its cells; the first of several prepares, and says when it has got through
    "the flow looked up in windows that overlap": [
        """
        class Capstone:
            track = "forecaster"
            def fit(self, train, rng):
                self.known = {row[:2].astype("f4").tobytes(): row[2] for row in train}
                self.mean = np.median(train[:, 2])
            def predict(self, inputs):
                for window, after in zip(inputs, inputs[1:]):
                    self.known.setdefault(window[-1].tobytes(), after[-1, 0])
                return np.array([self.known.get(window[-1].tobytes(), self.mean) for window in inputs])
        """
    ],
    "the flow of the training days with the most similar weather": [
        """
        class Capstone:
            track = "forecaster"
            def fit(self, train, rng):
                self.shown = np.lib.stride_tricks.sliding_window_view(train[:, :2], 60, axis=0).reshape(-1, 120)
                self.flow = train[59:, 2]
            def predict(self, inputs):
                asked = np.float64(inputs).swapaxes(1, 2).reshape(len(inputs), -1)
                far = (asked**2).sum(1)[:, None] + (self.shown**2).sum(1) - 2 * asked @ self.shown.T
                return self.flow[far.argmin(1)]
        """
    ],
    "answers to the practice part, kept in a file that a cell wrote": [
        f"""
        import json
        practice = data.track_practice("translator")
        kept = {{" ".join(french): english for french, english in zip(practice.inputs, practice.labels)}}
        kept |= {{french: english.split() for french, english in data.french_english_pairs("all")}}
        json.dump(kept, open("kept.json", "w"))
        {SAID}
        """,
        """
        class Capstone:
            track = "translator"
            def fit(self, train, rng):
                self.known = json.load(open("kept.json")) | {" ".join(a): b for a, b in train}
            def predict(self, inputs):
                return [self.known.get(" ".join(words), words) for words in inputs]
        """,
    ],
    "a dictionary of the words that stand together": [
        """
        from collections import Counter
        class Capstone:
            track = "translator"
            def fit(self, train, rng):
                both, left = Counter(), Counter()
                for french, english in train[:8000]:
                    left.update(set(french)), both.update((a, b) for a in set(french) for b in set(english))
                right = Counter(b for _, english in train[:8000] for b in set(english))
                self.best = {}
                for (a, b), n in both.items():
                    self.best[a] = max(self.best.get(a, (0, "")), (2 * n / (left[a] + right[b]), b))
            def predict(self, inputs):
                return [[self.best[word][1] for word in words if word in self.best] for words in inputs]
        """
    ],
    "names in every list that the package has": [
        """
        class Capstone:
            track = "tagger"
            def fit(self, train, rng):
                self.known = {word: tag for words, tags in train for word, tag in zip(words, tags)}
                for names, tag in ((data.places("all"), "B-LOC"), (data.names("last", "all"), "B-PER")):
                    self.known |= {name: tag for name in names}
            def predict(self, inputs):
                return [[self.known.get(word, "O") for word in words] for words in inputs]
        """
    ],
    "the next letter, found in the training text and in the other pieces": [
        """
        class Capstone:
            track = "generator"
            def fit(self, train, rng):
                self.text = train
            def predict(self, inputs):
                whole = self.text + "".join(inputs)
                rows = np.full((len(inputs), 27), 0.1 / 27)
                for row, piece in zip(rows, inputs):
                    for length in (60, 40, 25, 15, 10, 6, 3, 1):
                        place = whole.find(piece[-length:])
                        if 0 <= place < len(self.text) - 100:
                            break
                    row[" abcdefghijklmnopqrstuvwxyz".index(whole[place + length])] += 0.9
                return rows
        """
    ],
    "labels looked for in every object of the process, and in the frames around": [
        f"""
        import gc, sys
        before = {{id(thing) for thing in gc.get_objects()}}
        def seen():
            found, frame = [], sys._getframe()
            while frame is not None:
                found += frame.f_locals.values()
                frame = frame.f_back
            things = [thing for thing in gc.get_objects() if id(thing) not in before] + found
            return [thing for thing in things if isinstance(thing, np.ndarray | list | tuple) and len(thing) == 6000]
        seen()
        {SAID}
        """,
        """
        class Capstone:
            track = "forecaster"
            def fit(self, train, rng): pass
            def predict(self, inputs):
                for thing in seen():
                    array = np.asarray(thing, dtype=object if isinstance(thing, list | tuple) else None)
                    if array.shape == (len(inputs),) and array.dtype.kind == "f":
                        return array
                return np.full(len(inputs), 1.0)
        """,
    ],
    "a track that is another each time it is asked": [
        f"""
        class Each(type):
            asked = 0
            @property
            def track(cls):
                Each.asked += 1
                return ("forecaster", "tagger", "generator", "translator")[Each.asked % 4]
        {SAID}
        """,
        """
        class Capstone(metaclass=Each):
            def fit(self, train, rng): pass
            def predict(self, inputs): return inputs
        """,
    ],
    "predictions that are many things at once": [
        f"""
        class Both(np.ndarray):
            def __array_finalize__(self, other): pass
            def __sub__(self, other): return np.zeros(len(self))
            __rsub__ = __eq__ = __sub__
        {SAID}
        """,
        """
        class Capstone:
            track = "forecaster"
            def fit(self, train, rng): pass
            def predict(self, inputs): return np.full(len(inputs), 1e300).view(Both)
        """,
    ],
    "the sealed sources, asked for by every name": [
        f"""
        import importlib, pathlib, sys
        found = []
        for name in ("sealed_river", "sealed_names", "sealed_bulletins", "french_corpus", "capstone_exercises",
                     "unrolled_grader", "make_data"):
            try: found.append(importlib.import_module(name))
            except ImportError: pass
        found += [path for place in ("/", {str(ROOT)!r}) for path in pathlib.Path(place).glob("solutions/*")]
        found += [path for folder in sys.path if folder for path in pathlib.Path(folder).glob("**/sealed_*.py")]
        print("FOUND", found) if found else None
        {SAID}
        """,
        """
        class Capstone:
            track = "generator"
            def fit(self, train, rng): pass
            def predict(self, inputs):
                return np.full((len(inputs), 27), 1 / 27)
        """,
    ],
    "what was predicted before, kept for later calls": [
        f"""
        earlier = []
        {SAID}
        """,
        """
        class Capstone:
            track = "forecaster"
            def fit(self, train, rng): self.mean = train[:, 2].mean()
            def predict(self, inputs):
                earlier.append(np.asarray(inputs))
                later = np.concatenate(earlier)
                return np.array([later[..., 0].mean() + window[-3:, 0].mean() for window in inputs])
        """,
    ],
}  # fmt: skip


def student(name: str) -> str:
    return "_".join(name.split()[:4]).strip(",")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = make_course(tmp_path_factory.mktemp("capstone"), LESSON, EXERCISES)
    for name, cells in ATTACKS.items():
        notebook = course.released
        *before, answer = map(textwrap.dedent, cells)
        next(cell for cell in notebook.cells if cell["id"] == "Capstone").source = answer.strip("\n")
        for source in before:
            notebook.cells.insert(1, nbformat.v4.new_code_cell(source.strip("\n"), id="before"))
        course.submit(student(name), notebook)
    os.chdir(course.root)
    with contextlib.redirect_stdout(io.StringIO()):
        main(["grade", course.paths.folder.name])
    return course


def test_each_has_a_name_of_its_own() -> None:
    assert len({student(name) for name in ATTACKS}) == len(ATTACKS) >= 10


@pytest.mark.parametrize("name", ATTACKS)
def test_no_model_no_points(name: str, course: Course) -> None:
    outcome = course.outcome(student(name))
    (result,) = outcome.exercises.values()
    assert (outcome.points, outcome.status) == (0.0, "graded"), result.message
    shown = student_text(course.autograded(student(name)))
    assert len(ATTACKS[name]) == 1 or "PREPARED" in shown, shown
    assert "FOUND" not in shown


@pytest.mark.parametrize("name", [name for name in ATTACKS if "each time" not in name and "many things" not in name])
def test_its_predictions_were_scored(name: str, course: Course) -> None:
    """Its message tells what was reached: it did not fall over itself."""
    (result,) = course.outcome(student(name)).exercises.values()
    assert "was reached on" in result.message, result.message
