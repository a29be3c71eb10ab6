# The program with all that the cluster needs; `docker run` alone serves the embedded desk.
# Written on a machine without a container engine: not run there.

FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements requirements
# The builders stay in this stage; the image below gets wheels only.
RUN pip install --no-cache-dir --require-hashes -r requirements/build.txt \
 && pip wheel --no-cache-dir --require-hashes --no-build-isolation --wheel-dir /wheels -r requirements/cluster.txt
COPY . .
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

FROM python:3.11-slim
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --no-index --no-deps /wheels/*.whl \
 && rm -r /wheels \
 && useradd --system --uid 10001 --home-dir /var/lib/suqiu --create-home suqiu
USER suqiu
# Loopback would be of no use inside a container; what is reachable is decided by its published ports.
ENV SUQIU_HOST=0.0.0.0 \
    SUQIU_PORT=8080 \
    SUQIU_DATA=/var/lib/suqiu \
    PYTHONUNBUFFERED=1
WORKDIR /var/lib/suqiu
VOLUME /var/lib/suqiu
EXPOSE 8080
# No HEALTHCHECK here: it differs by role, and docker-compose.yml has it.
CMD ["suqiu", "serve"]
