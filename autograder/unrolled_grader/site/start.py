"""How a lesson is started: the zip, a clone, and links that open it on a server, where the site is told of one."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

BUNDLE = "unrolled-students.zip"
GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?")


@dataclass(frozen=True)
class Servers:
    """Where the course can be opened without installing anything; each may be missing ("").

    Args:
        repository: address of the course's public repository.
        branch: its branch.
        hub: address of a JupyterHub that has nbgitpuller and the course's environment.
    """

    repository: str = ""
    branch: str = "main"
    hub: str = ""

    @property
    def address(self) -> str:
        """The repository's address without what git allows at its end."""
        return self.repository.rstrip("/").removesuffix(".git")

    def binder(self, file: str) -> str:
        """Return the address at which Binder opens a file of the course in JupyterLab; "" where it cannot."""
        match = GITHUB.fullmatch(self.repository)
        if match is None:
            return ""
        place = f"{match[1]}/{quote(self.branch, safe='')}"
        return f"https://mybinder.org/v2/gh/{place}?" + urlencode({"labpath": file}, quote_via=quote, safe="")

    def hub_link(self, file: str) -> str:
        """Return the address at which the hub fetches the course and opens a file of it; "" where there is no hub."""
        if not (self.hub and self.repository):
            return ""
        folder = self.address.rsplit("/", 1)[1]
        asked = {"repo": self.address, "branch": self.branch, "urlpath": f"lab/tree/{folder}/{file}"}
        return f"{self.hub.rstrip('/')}/hub/user-redirect/git-pull?" + urlencode(asked, quote_via=quote, safe="")


def launch_links(servers: Servers, file: str) -> list[str]:
    """Return the links that open a file of the course on a server, in Markdown."""
    links = {"open it on Binder": servers.binder(file), "open it on the hub": servers.hub_link(file)}
    return [f"[{name}]({address})" for name, address in links.items() if address]


def start_box(lesson: str, servers: Servers) -> str:
    """Return what stands at the head of a lesson's page, in Markdown."""
    file = f"notebooks/{lesson}/{lesson}.ipynb"
    links = "".join(f" · {link}" for link in launch_links(servers, file))
    return (
        '<div class="start">\n\n'
        f"**You are reading {lesson}.** To work through it: [download the course](../{BUNDLE}), unpack it, `make lab`, "
        f"open `{lesson}`. [More ways to start](../start.md){links}\n\n"
        "</div>"
    )
