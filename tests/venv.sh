#!/bin/sh
# Makes a virtual environment with these Python packages, if it is not there yet, and prints the path of its Python.
# Exit code 77: it cannot be made here (no venv module, or no package index to be reached).
# Usage: venv.sh DIRECTORY PACKAGE…
set -eu
directory=${1:?the directory for the virtual environment}; shift
mkdir -p "$directory"
exec 9>"$directory.lock"
flock 9
if ! [ "$(cat "$directory/complete" 2>/dev/null)" = "$*" ]; then
  echo "Installing $* into $directory with pip" >&2
  { python3 -m venv --clear "$directory" && "$directory/bin/pip" install --quiet --disable-pip-version-check "$@"; } >&2 || exit 77
  echo "$*" >"$directory/complete"
fi
echo "$directory/bin/python"
