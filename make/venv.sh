#!/usr/bin/env bash
# Makes .venv and installs kgspark with all its extras into it. Says what it does; pip's own words go to .venv/install.log.
set -eu
cd "$(dirname "$0")/.."

if ! .venv/bin/python -c '' 2>/dev/null; then
    python=$(make/find_python.sh)
    # Debian and Ubuntu keep the part of Python that makes environments with pip in a package of its own.
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
            echo "$python cannot make virtual environments: install its venv module (Debian, Ubuntu: sudo apt-get install python$version-venv)." >&2
            exit 2
        fi
        echo "Installing python$version-venv with apt-get ..."
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "python$version-venv" >/dev/null
    fi
    echo "Making .venv with $("$python" --version) ($python)"
    "$python" -m venv --clear .venv
fi

echo "Installing kgspark and what it needs: about 3 minutes and 6 GB the first time, most of it PyTorch with its CUDA libraries"
start=$SECONDS
if ! .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off -e '.[spark,learn,dev]' >.venv/install.log 2>&1; then
    tail -n 15 .venv/install.log >&2
    echo "kgspark: pip could not install the packages; the lines above say why, all of it is in .venv/install.log." >&2
    exit 2
fi
echo "Installed in $((SECONDS - start)) s"
