"""A stand-in for `docker` and `podman`: keeps a record of its command lines, and runs containers under bubblewrap.

Started as a program of that name. What it takes from the command line as the real ones do: mounts, folders in memory,
the environment, the working folder, stdin and stdout through pipes of its own, `kill`, `rm`. What it does not do is
confine: memory, processors, processes and system calls are as they were.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).resolve().parent
ALONE = ("--rm", "--interactive", "--read-only")  # options of `run` without a value


def main(arguments: list[str]) -> int:
    with (HERE / "record.jsonl").open("a") as record:
        record.write(json.dumps(arguments) + "\n")
    if arguments[:2] == ["image", "inspect"]:
        return inspect()
    if arguments[0] == "run":
        return run(arguments[1:])
    return reach(arguments)


def inspect() -> int:
    """Answer "all is well", or what the file `broken` says, where there is one."""
    broken = HERE / "broken"
    if broken.exists():
        sys.stderr.write(broken.read_text())
        return 1
    return 0


def run(arguments: list[str]) -> int:
    options: list[tuple[str, str]] = []
    while arguments[0].startswith("--"):
        name = arguments.pop(0)
        options.append((name, "" if name in ALONE else arguments.pop(0)))
    _image, program, *rest = arguments
    assert program == "python"
    command = [*bubblewrap(options), sys.executable, *rest]
    container = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert container.stdin is not None and container.stdout is not None
    state = HERE / dict(options)["--name"]
    state.write_text(str(container.pid))
    threading.Thread(target=copy, args=(0, container.stdin.fileno(), container.stdin), daemon=True).start()
    copy(container.stdout.fileno(), 1, sys.stdout)
    status = container.wait()
    state.unlink()
    return status


def copy(source: int, target: int, file: IO[Any]) -> None:
    """Copy until the source ends or the target is gone; then the target is closed."""
    try:
        while data := os.read(source, 2**20):
            view = memoryview(data)
            while view:
                view = view[os.write(target, view) :]
    except OSError:
        pass
    file.close()


def bubblewrap(options: list[tuple[str, str]]) -> list[str]:
    """Return what the engine would make of these options, as far as this stand-in does."""
    base = json.loads((HERE / "base.json").read_text())
    made = [base["bwrap"], "--unshare-all", "--unshare-user", "--as-pid-1", "--clearenv"]
    made += ["--proc", "/proc", "--dev", "/dev", "--hostname", dict(options)["--hostname"]]
    for name, value in options:
        made += ["--tmpfs", value.split(":")[0]] if name == "--tmpfs" else []
    for outside, inside in base["bound"]:  # Python itself may lie below /tmp
        made += ["--ro-bind", outside, inside]
    for path, target in base["links"]:
        made += ["--symlink", target, path]
    for name, value in options:
        if name == "--volume":
            outside, inside, mode = value.split(":")
            made += ["--ro-bind" if mode == "ro" else "--bind", outside, inside]
        elif name == "--env":
            made += ["--setenv", *value.split("=", 1)]
        elif name == "--cap-drop":
            made += ["--cap-drop", value]
        elif name == "--user":
            user, group = value.split(":")
            made += ["--uid", user, "--gid", group]
        elif name == "--workdir":
            made += ["--chdir", value]
    return [*made, "--remount-ro", "/dev", "--remount-ro", "/", "--"]


def reach(arguments: list[str]) -> int:
    """Do `kill --signal NAME CONTAINER` or `rm --force CONTAINER`."""
    state = HERE / arguments[-1]
    number = signal.SIGINT if arguments[:3] == ["kill", "--signal", "INT"] else signal.SIGKILL
    try:
        outer = int(state.read_text())
        first = Path(f"/proc/{outer}/task/{outer}/children").read_text().split()[0]
        os.kill(int(first), number)
    except (OSError, IndexError):
        sys.stderr.write(f"Error response from daemon: No such container: {arguments[-1]}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
