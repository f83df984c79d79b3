"""JupyterLab's settings for this course: it opens on the page of progress, with no news and no prompts.

`make setup` puts this folder's files into the environment (.venv/etc/jupyter), so they hold for every JupyterLab that
is started from it, and a user's own settings stay as they are.
"""

from pathlib import Path

FIRST_PAGES = (Path("progress.md"), Path("00_start_here/00_start_here.ipynb"))  # made by `make lab`

c = get_config()  # noqa: F821 - traitlets defines it for a configuration file
c.LabApp.news_url = None
c.LabApp.custom_css = True  # utils/jupyter/custom, which `make lab` lays where JupyterLab looks for it
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
# in a container one is root, and without this JupyterLab only says that one should not be
c.ServerApp.allow_root = True
for page in FIRST_PAGES:
    if page.is_file():
        c.LabApp.default_url = f"/lab/tree/{page.as_posix()}"
        break
