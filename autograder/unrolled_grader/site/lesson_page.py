"""A released lesson as a page: its prose, its code and the figures that its notebook holds. Nothing is executed."""

import ast
import base64
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

from unrolled.check.table import find_table
from unrolled_grader.course import CourseError, LessonPaths
from unrolled_grader.release.leaks import REVEALS
from unrolled_grader.site.links import Places, cell_target, relink
from unrolled_grader.site.quiz_page import quiz_html
from unrolled_grader.site.start import Servers, start_box

FIGURES = "figures"  # folder of the site
NAVIGATION = re.compile(r"^.*\]\(\.\./progress\.md\).*$\n?", re.MULTILINE)  # the site has its own
STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
PICTURE = re.compile(r'<img src="data:image/png;base64,([A-Za-z0-9+/=]+)" alt="([^"]*)"[^>]*>')
SOUND = re.compile(r'src="data:audio/wav;base64,([A-Za-z0-9+/=]+)"')
HIDDEN, END = '<details class="code"><summary>Code</summary>', "</details>"
QUIZ = "quiz()"
LEFT_OUT = "    ...  # yours to write in an earlier lesson; the notebook holds it here"
YOURS = {"answer": "Yours to write", "debug": "Yours to mend", None: "Yours to change"}
MOVED = '<p class="moved">In the notebook you move this figure: {controls}. Here it stands as it is first drawn.</p>'


@dataclass
class LessonPage:
    """The page of one lesson, and the files that it shows."""

    paths: LessonPaths
    places: Places
    servers: Servers
    files: dict[str, bytes] = field(default_factory=dict)  # its pictures and sounds, by their path in the site

    @property
    def name(self) -> str:
        return self.paths.name

    def text(self) -> str:
        """Write the page, in Markdown.

        Raises:
            CourseError: the lesson was not released, or its notebook is broken.
        """
        parts = [part for cell in self._cells() for part in self._cell(cell)]
        title, _, rest = parts[0].partition("\n\n")
        head = f"{title}\n\n{start_box(self.name, self.servers)}\n\n{rest}"
        text = "\n\n".join([head, *parts[1:]]) + "\n"
        return text.replace(f"{END}\n\n{HIDDEN}\n\n", "")  # cells that follow each other are opened together

    def _cells(self) -> list[dict[str, Any]]:
        """Read the released notebook: at least a title, and no cell that failed."""
        again = f"Run `unrolled release {self.name}`"
        file = self.paths.released / f"{self.name}.ipynb"
        if not file.is_file():
            raise CourseError(f"{self.name} was not released. {again} first")
        try:
            cells: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["cells"]
            titled = "".join(cells[0]["source"]).startswith("# ")
            failed = [cell["id"] for cell in cells for one in cell.get("outputs", []) if one["output_type"] == "error"]
        except (ValueError, LookupError, TypeError) as error:
            raise CourseError(f"{file} is no whole notebook. {again}") from error
        if not titled or failed:
            fault = f"a cell that failed ({failed[0]})" if failed else "no title in its first cell"
            raise CourseError(f"{file} has {fault}. {again}")
        return cells

    def _cell(self, cell: dict[str, Any]) -> Iterator[str]:
        source = "".join(cell["source"])
        role = cell["metadata"].get("unrolled", {}).get("role")
        if role == "written":
            yield _label("Yours to write, in words", cell, "graded by a person")
        elif cell["cell_type"] == "markdown":
            yield self._prose(source, cell["id"])
        elif source.strip() == QUIZ:
            yield quiz_html(find_table(self.paths.released)["quiz"])
        elif role == "test":
            about = "in the notebook it answers at once" if source.startswith("check(") else "run it in the notebook"
            yield _label("Check", cell, about) + "\n\n" + _code(source)
        else:
            shown = _code(_without_answers(source, cell["metadata"].get("tags", [])))
            if cell["metadata"].get("jupyter", {}).get("source_hidden"):
                shown = f"{HIDDEN}\n\n{shown}\n\n{END}"
            elif role in YOURS:
                shown = _label(YOURS[role], cell) + "\n\n" + shown
            yield shown
            yield from self._outputs(cell["outputs"], source)

    def _prose(self, source: str, cell: str) -> str:
        text = NAVIGATION.sub("", source).strip("\n")
        file = f"notebooks/{self.name}/{self.name}.ipynb"
        text = relink(text, file, f"lessons/{self.name}.md", self.places)
        return f"({cell_target(self.name, cell)})=\n{text}"

    def _outputs(self, outputs: list[dict[str, Any]], source: str) -> Iterator[str]:
        said = ""
        for output in outputs:
            if output["output_type"] == "stream":
                said += "".join(output["text"])
                continue
            yield from _said(said)
            said = ""
            data = {kind: "".join(text) for kind, text in output["data"].items()}
            if "text/html" in data:
                yield self._html(data["text/html"], source)
            elif "text/markdown" in data:
                yield data["text/markdown"]
            else:
                yield from _said(data.get("text/plain", ""))
        yield from _said(said)

    def _html(self, html: str, source: str) -> str:
        shown = PICTURE.sub(self._picture, re.sub(r"\s*\n\s*", " ", STYLE.sub("", html)))
        shown = SOUND.sub(lambda match: f'src="../{self._keep(match[1], "wav")}"', shown)
        controls = _controls(source) if "unrolled-figure" in shown else ""
        return f'<div class="output">{shown}</div>' + (MOVED.format(controls=controls) if controls else "")

    def _picture(self, match: re.Match[str]) -> str:
        """Return the tag that shows a picture."""
        path = self._keep(match[1], "png")
        width, height = struct.unpack(">II", self.files[path][16:24])
        size = f'width="{width}" height="{height}"'
        figure = f'<img class="unrolled-figure" src="../{path}" alt="{match[2]}" {size}>'
        return f'<div class="figure" tabindex="0">{figure}</div>'

    def _keep(self, encoded: str, kind: str) -> str:
        """Put a picture or a sound into a file of its own; return its path in the site."""
        path = f"{FIGURES}/{self.name}/{len(self.files) + 1:02}.{kind}"
        self.files[path] = base64.b64decode(encoded)
        return path


def _label(text: str, cell: dict[str, Any], about: str = "") -> str:
    points = cell["metadata"].get("nbgrader", {}).get("points")
    worth = "" if points is None else f"{points} point{'s' * (points != 1)}"
    return f'<p class="label">{" · ".join(filter(None, [text, worth, about]))}</p>'


def _code(source: str) -> str:
    longest = max(map(len, re.findall(r"`+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}python\n{source.strip(chr(10))}\n{fence}"


def _without_answers(source: str, tags: list[str]) -> str:
    """Leave out the body of each function that an earlier lesson asks for, where a cell holds its answer."""
    revealed = {tag.removeprefix(REVEALS) for tag in tags if tag.startswith(REVEALS)}
    if not revealed:
        return source
    lines = source.splitlines()
    for node in reversed(ast.parse(source).body):
        if isinstance(node, ast.FunctionDef) and node.name in revealed:
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body:
                lines[body[0].lineno - 1 : node.end_lineno] = [LEFT_OUT]
    return "\n".join(lines)


def _said(text: str) -> Iterator[str]:
    if text.strip():
        yield f'<pre class="output">{escape(text.rstrip(), quote=False)}</pre>'


def _controls(source: str) -> str:
    """Name what a reader of the notebook may change in the cell's figure; "" where it stands still."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("explore"):
            names += [_control_name(given) for given in node.keywords if given.arg != "alt"]
    return escape(", ".join(names))


def _control_name(given: ast.keyword) -> str:
    labels = [ast.literal_eval(one.value) for one in getattr(given.value, "keywords", []) if one.arg == "label"]
    return labels[0] if labels else f"{given.arg}"
