#!/bin/sh
# Usage: learners.sh RECSYS_TRAINER; prints TAP.
here=$(cd "$(dirname "$0")" && pwd)
if ! python=$("$here/numpy_venv.sh"); then
  echo "1..0 # SKIP NumPy cannot be installed here"
  exit 0
fi
# The matrices are small: more threads would only wait for each other.
OPENBLAS_NUM_THREADS=1 exec "$python" "$here/learners.py" "$@"
