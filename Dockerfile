# Stratobot in a container. The configuration is mounted at /etc/stratobot/stratobot.yml (with `host: 0.0.0.0`), secrets
# come as files or variables, and /data keeps what has to outlive the container. docs/manual/configuration.md has a command.

FROM node:24-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force

FROM node:24-bookworm-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Stratobot" \
      org.opencontainers.image.description="Builds scientific software for every CPU target and publishes what two people approved to CernVM-FS" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# git merges pull requests; openssh-client (ssh-keygen) signs and verifies; tini buries what jobs leave behind; procps (pgrep), tar and zstd are for pools that build on
# this machine.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git openssh-client procps tar tini zstd \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY --from=modules /app/node_modules ./node_modules
COPY package.json LICENSE stratobot.example.yml ./
COPY src ./src

RUN install -d -o node -g node /data
USER node
ENV NODE_ENV=production STRATOBOT_DATA=/data
VOLUME /data
EXPOSE 3000

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3000/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# No shell between: SIGTERM reaches the bot. Give it a minute: docker stop --time 70.
ENTRYPOINT ["tini", "--", "node", "src/main.ts"]
CMD ["start", "--config", "/etc/stratobot/stratobot.yml"]
