#!/usr/bin/env bash
# Prints a Python 3.11 or 3.12 that runs. Each candidate is run, not only looked up: version managers leave shims on the PATH
# that answer "command not found".
set -u

is_ours() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' >/dev/null 2>&1
}

for candidate in ${PYTHON:-} python3.12 python3.11 python3 python /usr/bin/python3.12 /usr/bin/python3.11 /usr/bin/python3; do
    path=$(command -v "$candidate" 2>/dev/null) || continue
    if is_ours "$path"; then
        echo "$path"
        exit 0
    fi
done
echo "kgspark needs Python 3.11 or 3.12 and found neither: install one, or name it with: make PYTHON=/path/to/python3.12 ..." >&2
exit 2
