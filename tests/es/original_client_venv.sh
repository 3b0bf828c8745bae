#!/bin/sh
# Makes a virtual environment with the client library of the original blog post's time, if it is not there yet, and prints
# the path of its Python. Exit code 77: it cannot be made here (no venv module, or no package index to be reached).
# Usage: original_client_venv.sh DIRECTORY
set -eu
directory=${1:?the directory for the virtual environment}
mkdir -p "$directory"
exec 9>"$directory.lock"
flock 9
if ! [ -f "$directory/complete" ]; then
  { python3 -m venv --clear "$directory" && "$directory/bin/pip" install --quiet --disable-pip-version-check \
    'elasticsearch>=7.17,<7.18'; } >&2 || exit 77
  touch "$directory/complete"
fi
echo "$directory/bin/python"
