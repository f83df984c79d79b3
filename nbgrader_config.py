"""nbgrader's settings for this course. The root of a course is the folder that holds this file.

nbgrader and JupyterLab read it where they are started, so start both here: `make lab` does.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
COURSE = ROOT / "autograder" / "course"
EXCHANGE = COURSE / "exchange"  # where earlier versions had it
if not EXCHANGE.is_dir():
    EXCHANGE = COURSE.with_name("exchange")

# --- Folders: nbgrader's own names, mapped to the course's
c = get_config()  # noqa: F821 - traitlets defines it for a configuration file
c.CourseDirectory.course_id = "unrolled"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.submitted_directory = "autograder/course/submitted"
c.CourseDirectory.autograded_directory = "autograder/course/autograded"
c.CourseDirectory.feedback_directory = "autograder/course/feedback"
c.CourseDirectory.db_url = f"sqlite:///{COURSE / 'gradebook.db'}"
# what lies beside a source notebook is released with it, but for these
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "*.py", "feedback", ".*"]

# --- Exchange: beside the course's records, so that release, fetch, submit and collect work on one machine. Students
# reach it; the records (gradebook, seeds, submissions) are its owner's alone
COURSE.mkdir(mode=0o700, parents=True, exist_ok=True)
EXCHANGE.mkdir(exist_ok=True)
c.Exchange.root = str(EXCHANGE)
c.Exchange.cache = str(COURSE / "submitted_here")

# --- Programs: nbgrader starts `alembic` by name, and it lies beside this environment's Python
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

# --- Grading: student code runs confined, in nbgrader autograde, Formgrader's button and unrolled grade alike
from unrolled_grader.nbgrader_plugin.settings import configure  # noqa: E402 - the settings above come first

configure(c)
