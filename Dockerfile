# PostgreSQL as its project ships it, with pgTAP and pg_prove from Debian packages, and the runner that make test uses.
# For make test-docker; nothing else depends on it.
ARG PG_MAJOR=18
FROM postgres:${PG_MAJOR}-bookworm

RUN apt-get update \
  && apt-get install -y --no-install-recommends \
    libtap-parser-sourcehandler-pgtap-perl "postgresql-${PG_MAJOR}-pgtap" python3-venv \
  && rm -rf /var/lib/apt/lists/*

WORKDIR /fleet
RUN python3 -m venv /opt/fleet
COPY . .
RUN /opt/fleet/bin/pip install -q --no-cache-dir -e .
