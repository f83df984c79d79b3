"""JupyterLab's settings for this course: it opens on the first lesson, with no news and no prompts.

Read when JupyterLab is started in this folder; `make lab` does, and keeps a user's own settings out.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent
FIRST_PAGE = "notebooks/00_start_here/00_start_here.ipynb"

c = get_config()  # noqa: F821 - traitlets defines it for a configuration file
c.ServerApp.root_dir = str(ROOT)
c.LabApp.app_settings_dir = str(ROOT / "utils" / "jupyter")
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
if (ROOT / FIRST_PAGE).is_file():
    c.LabApp.default_url = f"/lab/tree/{FIRST_PAGE}"
