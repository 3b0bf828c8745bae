#!/bin/sh
# PyTorch (some 3 GB the first time: its Linux packages bring CUDA along), kept in .dev/venv-torch or in the directory
# TORCH_VENV; prints the path of its Python, or ends with 77 where it cannot be installed.
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/../venv.sh" "${TORCH_VENV:-$here/../../.dev/venv-torch}" torch numpy safetensors
