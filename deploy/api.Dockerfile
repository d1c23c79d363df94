# The API. Build from the root of the repository: docker build -f deploy/api.Dockerfile -t helix-api .
# Layers hold code and packages only; every setting and secret comes from the environment (docs/configuration.md).

FROM node:22-bookworm-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY libs/embedded-postgres/package.json libs/embedded-postgres/
COPY libs/pacing/package.json libs/pacing/
COPY libs/program/package.json libs/program/
COPY libs/revdial/package.json libs/revdial/
COPY libs/wolf-client/package.json libs/wolf-client/
COPY libs/scheduler/package.json libs/scheduler/
COPY libs/external-agent/package.json libs/external-agent/
COPY apps/api/package.json apps/api/
COPY apps/revdial-agent/package.json apps/revdial-agent/
COPY apps/sandbox-simulator/package.json apps/sandbox-simulator/

FROM manifests AS build
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY tsconfig.base.json ./
COPY libs libs
COPY apps/api apps/api
RUN npx tsc -b apps/api

FROM manifests AS runtime
COPY deploy/keep-dependencies.mjs deploy/
# No package needs its install script; the launcher of the embedded PostgreSQL makes its own links.
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --ignore-scripts \
    && node deploy/keep-dependencies.mjs apps/api \
    && mkdir /data && chown node:node /data
COPY --from=build /app/libs/embedded-postgres/dist libs/embedded-postgres/dist
COPY --from=build /app/libs/pacing/dist libs/pacing/dist
COPY --from=build /app/libs/program/dist libs/program/dist
COPY --from=build /app/libs/revdial/dist libs/revdial/dist
COPY --from=build /app/libs/wolf-client/dist libs/wolf-client/dist
COPY --from=build /app/libs/scheduler/dist libs/scheduler/dist
COPY --from=build /app/libs/external-agent/dist libs/external-agent/dist
COPY --from=build /app/apps/api/dist apps/api/dist

ENV NODE_ENV=production PORT=8080 HELIX_DATA_DIR=/data
USER node
EXPOSE 8080
# SIGTERM drains: requests under way are finished, links closed (docs/configuration.md, SHUTDOWN_GRACE_MS).
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node is process 1 and handles its signals itself; run with --init (compose: init: true) so that orphans are reaped.
# The flag: with little on the heap V8 would collect all of it for every few megabytes of pictures that pass (docs/performance.md).
ENTRYPOINT ["node", "--enable-source-maps", "--initial-old-space-size=128", "apps/api/dist/main.js"]
