"""nbconvert exporter that reads a submission whatever was done to it, and everything else as it stands."""

import os
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter

from unrolled_grader.grade import places
from unrolled_grader.grade.submission_file import parse_notebook, read_notebook_file


class SubmissionExporter(NotebookExporter):
    """`c.Autograde.exporter_class`: a submitted file may be broken, renamed or missing; an autograded one is ours."""

    def from_filename(self, filename: str, resources: Any | None = None, **kw: Any) -> Any:
        """The notebook's text and its resources. Raises NotGradable where the submission cannot be read."""
        resources = {} if resources is None else resources
        names = resources["nbgrader"]
        folder, name = Path(os.path.dirname(filename)), Path(filename).stem
        handed_in = places.submitted(places.coursedir_of(self), names["student"], names["assignment"])
        if folder.resolve() != handed_in.resolve():
            return self.from_notebook_node(nbformat.read(filename, as_version=4), resources)
        released = places.lesson_folders(places.coursedir_of(self), names["assignment"])[1]
        given = [path.name for path in released.iterdir()] if released.is_dir() else []
        content, shown, notes = read_notebook_file(folder, name, given)
        notebook, more = parse_notebook(content, shown)
        return self.from_notebook_node(notebook, {**resources, "unrolled_notes": notes + more})
