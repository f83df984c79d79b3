#!/bin/sh
# Write requirements.lock anew from pyproject.toml, for every Python from 3.11 on, Linux and macOS. Run by `make lock`.
# torch's GPU packages are left out: on Linux `make setup` takes the CPU build, which needs none of them, and where
# that cannot be found pip brings them with the usual build.
set -eu
.venv/bin/python -m pip install --quiet uv
pins=$(.venv/bin/python -m uv pip compile pyproject.toml --extra lessons --extra site --extra test --universal \
    --python-version 3.11 --fork-strategy fewest --upgrade --no-annotate --no-header)
{
    echo "# Every package of the course's environment, for Python 3.11 and newer. Made by \`make lock\`, which runs"
    echo "#   uv pip compile pyproject.toml --extra lessons --extra site --extra test --universal --python-version 3.11 --fork-strategy fewest"
    echo "# and leaves out torch's GPU packages (utils/setup/lock.sh). Installed by \`make setup\`."
    printf '%s\n' "$pins" | grep -vE '^(cuda|nvidia|triton)'
} > requirements.lock
