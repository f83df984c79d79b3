#!/bin/sh
# Make the course's environment: install.sh FOLDER TORCH_VERSION [INDEX_OF_CPU_BUILDS]
# Run by `make setup` in the course's root. Needs Python 3.11 or newer and nothing else.
set -eu
venv=$1
torch=$2
index=${3:-}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11; do
        if new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "setup: no Python 3.11 or newer was found (python3 is $(python3 --version 2>&1))." >&2
    echo "Install one, or name it: make setup PYTHON=/path/to/python3.13" >&2
    return 1
}

if ! new_enough "$venv/bin/python"; then
    python=$(find_python)
    echo "Making $venv with $("$python" --version)"
    if ! "$python" -m venv --clear "$venv"; then
        echo "setup: this Python cannot make environments. On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    fi
fi

pip() {
    "$venv/bin/python" -m pip --quiet --quiet "$@"
}

# On Linux the CPU build of torch is a version of its own, ten times smaller than the usual one. It is taken where
# pip finds it. On macOS and Windows the usual build is the CPU build.
installed=$("$venv/bin/python" -c 'from importlib.metadata import version as v; print(v("torch"))' 2>/dev/null || true)
if [ "${installed%%+*}" != "$torch" ]; then
    echo "Installing torch $torch"
    if [ "$(uname -s)" != Linux ]; then
        pip install "torch==$torch" -c requirements.lock
    elif ! pip install ${index:+--extra-index-url "$index"} "torch==$torch+cpu" -c requirements.lock 2>/dev/null
    then
        echo "No CPU build of torch was found, so the usual one comes: a download of some gigabytes."
        echo "To avoid it, stop now and name the index of CPU builds that PyTorch's install page gives:"
        echo "    make setup TORCH_INDEX=URL"
        "$venv/bin/python" -m pip install "torch==$torch" -c requirements.lock
    fi
fi

echo "Installing $(grep -c == requirements.lock) packages (a minute or two)"
pip install --no-deps -r requirements.lock
pip install --no-deps --no-build-isolation -e .
cp -R utils/jupyter/. "$venv/etc/jupyter/"
mkdir -p .cache # where the Makefile puts Jupyter's and IPython's files: IPython makes no parents
echo "Ready. \`make lab\` opens the course."
