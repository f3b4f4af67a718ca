# Two stages: everything to build with, then only what runs. No root, no npm as the first process, and
# nothing is written: it can run with --read-only --cap-drop=ALL --security-opt=no-new-privileges.
#
#   docker build -t faultline .
#   docker run --rm faultline                      the demo
#   docker run --rm -p 127.0.0.1:9477:9477 faultline watch config/container.yaml --asn 4766

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:20-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY config ./config
USER 10001:10001
EXPOSE 9477
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s CMD ["node", "-e", "fetch('http://127.0.0.1:9477/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["demo"]
