# The agent: what a GPU host or a desktop runs to connect back. Build from the root of the repository:
#   docker build -f deploy/agent.Dockerfile -t helix-revdial-agent .
# Carries the tunnel and nothing else: no Nest, no database. The token comes from RUNNER_TOKEN_FILE or the environment.

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
COPY libs/pacing libs/pacing
COPY libs/program libs/program
COPY libs/revdial libs/revdial
COPY apps/revdial-agent apps/revdial-agent
RUN npx tsc -b apps/revdial-agent

FROM manifests AS production
COPY deploy/keep-dependencies.mjs deploy/
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --ignore-scripts \
    && node deploy/keep-dependencies.mjs apps/revdial-agent

FROM node:22-bookworm-slim AS runtime
WORKDIR /app
COPY --from=production /app/node_modules node_modules
COPY --from=production /app/libs/pacing libs/pacing
COPY --from=production /app/libs/program libs/program
COPY --from=production /app/libs/revdial libs/revdial
COPY --from=production /app/apps/revdial-agent apps/revdial-agent
COPY --from=build /app/libs/pacing/dist libs/pacing/dist
COPY --from=build /app/libs/program/dist libs/program/dist
COPY --from=build /app/libs/revdial/dist libs/revdial/dist
COPY --from=build /app/apps/revdial-agent/dist apps/revdial-agent/dist

ENV NODE_ENV=production
USER node
# SIGTERM closes the links, lets streams finish, and ends with exit code 0.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9870/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Flags given to `docker run` follow these; the tunnels themselves come from the environment (docs/agent.md).
# The flag: with little on the heap V8 would collect all of it for every few megabytes of pictures that pass (docs/performance.md).
ENTRYPOINT ["node", "--enable-source-maps", "--initial-old-space-size=128", "apps/revdial-agent/dist/main.js", "--health-port=9870"]
