# The image of every part: web, scheduler, sender, desk and the one-shot commands differ by their command alone
# (compose.yaml). It holds the program and no setting: config.yaml is mounted, secrets come from the environment.
FROM python:3.12-slim-bookworm AS made
WORKDIR /opt/zhibu
RUN python -m venv .venv
COPY requirements.txt ./
RUN .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements.txt
COPY . ./
RUN .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --editable .
RUN .venv/bin/python -m compileall -q -x /.venv/ . && chmod -R a+rX .

FROM python:3.12-slim-bookworm
RUN groupadd --system --gid 10001 zhibu && useradd --system --uid 10001 --gid zhibu --home-dir /var/lib/zhibu --create-home zhibu && install --directory --owner=zhibu --group=zhibu /var/backups/zhibu
COPY --from=made /opt/zhibu /opt/zhibu
USER zhibu
WORKDIR /var/lib/zhibu
ENV PATH=/opt/zhibu/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ZHIBU_HOME=/var/lib/zhibu \
    ZHIBU_CONFIG=/etc/zhibu/config.yaml \
    ZHIBU_HOST=0.0.0.0 \
    ZHIBU_PORT=8000
VOLUME /var/lib/zhibu
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "deploy.healthy"]
CMD ["zhibu", "serve"]
