# The service and its worker (docs/deployment.md):
#
#   docker build -t vitrine:0.1.0 .
#
# The first stage builds the wheel and installs it, the second takes what came of it: neither pip's
# cache nor a compiler is in the image.

FROM docker.io/library/python:3.11.14-slim-trixie AS build
WORKDIR /build
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src ./src
RUN python -m venv /opt/vitrine \
    && python -m pip wheel --no-cache-dir --no-deps --wheel-dir /build/dist . \
    && /opt/vitrine/bin/python -m pip install --no-cache-dir --constraint constraints.txt dist/*.whl \
    && /opt/vitrine/bin/python -m pip uninstall --yes pip setuptools \
    && /opt/vitrine/bin/python -m compileall -q /opt/vitrine/lib

FROM docker.io/library/python:3.11.14-slim-trixie
# For backups: pg_dump of the server's own version, or a newer one (docs/operations.md).
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/vitrine /opt/vitrine
# A volume that is made later takes over whose the directory is.
RUN install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/vitrine /var/backups/vitrine
ENV PATH=/opt/vitrine/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    VITRINE_HOME=/var/lib/vitrine
WORKDIR /var/lib/vitrine
VOLUME /var/lib/vitrine
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["vitrine"]
CMD ["serve", "--host", "0.0.0.0"]
