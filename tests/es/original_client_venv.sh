#!/bin/sh
# The client library of the original blog post's time. Usage: original_client_venv.sh DIRECTORY
exec "$(dirname "$0")/../venv.sh" "${1:?the directory for the virtual environment}" 'elasticsearch>=7.17,<7.18'
