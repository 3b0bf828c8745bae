#!/bin/sh
# Usage: torch_exchange.sh RECSYS_TRAINER RECSYS_BRIDGE; prints TAP.
here=$(cd "$(dirname "$0")" && pwd)
if ! python=$("$here/torch_venv.sh"); then
  echo "1..0 # SKIP PyTorch cannot be installed here"
  exit 0
fi
exec "$python" "$here/torch_exchange.py" "$@"
