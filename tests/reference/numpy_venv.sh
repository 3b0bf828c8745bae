#!/bin/sh
# NumPy, kept in .dev/venv-numpy or in the directory NUMPY_VENV; prints the path of its Python, or ends with 77 where it cannot be
# installed.
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/../venv.sh" "${NUMPY_VENV:-$here/../../.dev/venv-numpy}" numpy
