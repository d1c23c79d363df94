# A GPU host without a GPU, with the real agent. Build from the root of the repository:
#   docker build -f deploy/simulator.Dockerfile -t helix-sandbox-simulator .

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
COPY apps/sandbox-simulator apps/sandbox-simulator
RUN npx tsc -b apps/revdial-agent apps/sandbox-simulator

FROM manifests AS production
COPY deploy/keep-dependencies.mjs deploy/
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --ignore-scripts \
    && node deploy/keep-dependencies.mjs apps/sandbox-simulator apps/revdial-agent

FROM node:22-bookworm-slim AS runtime
WORKDIR /app
COPY --from=production /app/node_modules node_modules
COPY --from=production /app/libs/pacing libs/pacing
COPY --from=production /app/libs/program libs/program
COPY --from=production /app/libs/revdial libs/revdial
COPY --from=production /app/apps/revdial-agent apps/revdial-agent
COPY --from=production /app/apps/sandbox-simulator apps/sandbox-simulator
COPY --from=build /app/libs/pacing/dist libs/pacing/dist
COPY --from=build /app/libs/program/dist libs/program/dist
COPY --from=build /app/libs/revdial/dist libs/revdial/dist
COPY --from=build /app/apps/revdial-agent/dist apps/revdial-agent/dist
COPY --from=build /app/apps/sandbox-simulator/dist apps/sandbox-simulator/dist

ENV NODE_ENV=production SIM_CONTROL_PORT=9871
USER node
# SIGTERM ends desktops, agents and Wolf, in this order.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SIM_CONTROL_PORT}/wolf`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--enable-source-maps", "apps/sandbox-simulator/dist/main.js"]
