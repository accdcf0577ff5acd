# The image of the Kubernetes sidecar: distroless, no shell, UID 65532.
#   docker build --tag weir:0.1.0 .
#   docker run --publish 8080:8080 --publish 9090:9090 weir:0.1.0 --target-addr=host.docker.internal:3001

FROM node:24-bookworm-slim AS build
WORKDIR /build
# No install scripts: the build needs no binary that one of them would fetch.
COPY package.json .npmrc ./
RUN npm install --ignore-scripts --no-audit --no-fund
COPY tsconfig.base.json tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
# The commit shown by `weir version`; the build context has no git history.
ARG WEIR_COMMIT=""
ENV WEIR_COMMIT=${WEIR_COMMIT}
RUN node scripts/build.ts

FROM gcr.io/distroless/nodejs24-debian12:nonroot
LABEL org.opencontainers.image.title="weir" \
      org.opencontainers.image.description="A streaming, measuring proxy for the Model Context Protocol" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0"
WORKDIR /weir
COPY LICENSE /weir/
COPY --from=build /build/dist/weir.js /build/dist/third-party-licenses.txt /weir/
COPY --from=build /build/dist/weir /weir/weir
USER 65532:65532
EXPOSE 8080 9090
# The heap flags keep the process inside a 128 MiB container. Arguments of `docker run` and a pod's
# `args` replace CMD: flags alone mean `proxy`, and a command such as `version` is taken as it is.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=2", "--max-old-space-size=48", "/weir/weir.js"]
CMD ["proxy"]
