#!/bin/sh
# The pgTAP tests in docker. 75 (try again elsewhere) when docker is not to be had here; else the tests' own exit code.
set -u
cd "$(dirname "$0")/../.."

not_here() {
  echo "test-docker: $1; nothing was tested. make test needs no docker." >&2
  exit 75
}

command -v docker >/dev/null || not_here "docker is not installed"
docker info >/dev/null 2>&1 || not_here "no docker daemon answers"
docker compose version >/dev/null 2>&1 || not_here "docker has no compose plugin"

docker compose run --build --rm tests
code=$?
docker compose down --volumes --remove-orphans >/dev/null 2>&1
exit "$code"
