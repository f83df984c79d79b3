"""An image for a real Podman, made of this machine's own Python and libraries: no registry of images is needed.

`podman` and `runc` are Debian's packages. The image has what autograder/container/Dockerfile installs, at the places
where it lies here.
"""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

from unrolled_grader.confine import container

WANTED = ("torch", "numpy", "matplotlib", "ipython", "ipywidgets")
PROGRAMS = ("sh", "echo", "sleep", "true", "env", "ls", "cat")
SETTINGS = '[engine]\nruntime = "runc"\n'  # crun refuses machines with cgroups of both versions
MADE_BY = "unrolled.environment"
LEFT_OUT = re.compile(r"__pycache__|\.pyi$|/torch/(include|test)/|/tests/|\.a$|/(test|idlelib|tkinter|ensurepip)/")


def missing() -> str:
    """Say what this machine lacks: "" for nothing."""
    lacking = [name for name in ("podman", "runc") if not shutil.which(name)]
    return f"needs {' and '.join(lacking)}: apt-get install podman runc" if lacking else ""


def make_image(folder: Path) -> None:
    """Import the image under the name that the grader asks for; where this environment made it before, leave it."""
    (folder / "containers.conf").write_text(SETTINGS)
    os.environ["CONTAINERS_CONF"] = str(folder / "containers.conf")
    if _made_by() == sys.prefix:
        return
    label = f'LABEL {MADE_BY}="{sys.prefix}"'
    import_ = ["podman", "import", "--quiet", "--change", label, "-", container.image()]
    with subprocess.Popen(import_, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as importing:
        assert importing.stdin is not None
        with tarfile.open(fileobj=importing.stdin, mode="w|", dereference=True) as tar:
            for name in ("proc", "sys", "dev", "tmp", "home", "etc", "opt/unrolled", "run"):
                tar.addfile(_folder(name))
            for path in sorted(set(map(os.path.normpath, files()))):
                tar.add(path, arcname=path.lstrip("/"), recursive=False)
    assert importing.returncode == 0, "podman import failed"


def _made_by() -> str:
    """Return the environment that the image has its Python from: another clone's is of no use here."""
    ask = ["podman", "image", "inspect", "--format", f'{{{{index .Labels "{MADE_BY}"}}}}', container.image()]
    return subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip()


def _folder(name: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
    return entry


def files() -> Iterator[str]:
    """Yield every file of the image: the interpreter, its library, the wanted packages, the system's libraries under
    them."""
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    programs = [
        str(Path(prefix, "bin", name)) for prefix in (sys.base_prefix, sys.prefix) for name in ("python", python)
    ]
    found = [path for path in programs if os.path.exists(path)]
    found += [str(Path(sys.prefix, "pyvenv.cfg"))] if sys.prefix != sys.base_prefix else []
    found += map(str, Path(sys.base_prefix, "lib").glob("libpython*"))
    for where, folders, names in os.walk(Path(sys.base_prefix, "lib", python)):
        folders[:] = [name for name in folders if name not in ("site-packages", "__pycache__")]
        found += [os.path.join(where, name) for name in names]
    for name in sorted(closure(WANTED)):
        found += [str(path.locate()) for path in importlib.metadata.files(name) or () if ".." not in path.parts]
    found += [path for path in map(shutil.which, PROGRAMS) if path]
    found = [path for path in found if not LEFT_OUT.search(path) and os.path.isfile(path)]
    yield from found
    yield from libraries(found)


def closure(names: tuple[str, ...]) -> set[str]:
    """Return these distributions and all they require that is installed here."""
    waiting, known = list(names), set()
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        try:
            required = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        if name not in known:
            known.add(name)
            waiting += [
                match[0] for text in required if "extra ==" not in text if (match := re.match(r"[\w.-]+", text))
            ]
    return known


def libraries(paths: list[str]) -> set[str]:
    """Return the system's shared libraries that these files are linked to, and the loader."""
    shared = [path for path in paths if ".so" in os.path.basename(path) or "/bin/" in path]
    found: set[str] = set()
    for start in range(0, len(shared), 200):
        told = subprocess.run(["ldd", *shared[start : start + 200]], capture_output=True, text=True, check=False).stdout
        found |= set(re.findall(r"(?:=> |^\s+)(/\S+)", told, re.MULTILINE))
    return {path for path in found if os.path.isfile(path) and path not in paths}
