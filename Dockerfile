# The pages, the server, and a small image with both. Works with BuildKit and with the older builder.
# For linux/amd64 and linux/arm64: every stage builds for the platform it runs on.

# Other ones of the same kind may be named: --build-arg NODE_IMAGE=…
ARG NODE_IMAGE=node:22-bookworm-slim
ARG RUST_IMAGE=rust:1.95-slim-bookworm
ARG RUNTIME_IMAGE=debian:bookworm-slim

FROM ${NODE_IMAGE} AS pages
WORKDIR /build/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
# No package needs its install script here; ONNX Runtime's would download from elsewhere.
RUN npm ci --ignore-scripts --no-audit --no-fund
# Node names this architecture as ONNX Runtime's package does: x64 or arm64.
RUN mkdir -p /app/frontend \
 && cp "node_modules/onnxruntime-node/bin/napi-v6/linux/$(node -p process.arch)/libonnxruntime.so.1" /app/
COPY frontend/ ./
# Types are checked by the tests.
RUN node_modules/.bin/vite build --logLevel warn && mv dist /app/frontend/
COPY LICENSE-APACHE LICENSE-MIT THIRD-PARTY-NOTICES.md /app/
COPY models/ssdlite_mobilenet_v2 /app/models/ssdlite_mobilenet_v2
# The server's user is not the owner, and a checkout may be readable by its owner only.
RUN chmod -R a+rX,go-w /app

# rust-toolchain.toml stays out: the image's own Rust is meant, not a download of another one.
FROM ${RUST_IMAGE} AS server
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
# The packages under an empty program first: they change less often than the sources.
RUN mkdir src \
 && echo 'fn main() {}' >src/main.rs \
 && touch src/lib.rs \
 && cargo build --release --locked --bin sightline \
 && rm -r src
COPY src src
# A copy keeps the files' times, which are older than the empty program.
RUN touch src/main.rs src/lib.rs && cargo build --release --locked --bin sightline

FROM ${RUNTIME_IMAGE}
LABEL org.opencontainers.image.title="Sightline" \
      org.opencontainers.image.description="A phone's camera as a live object detector" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
# A new volume takes over the owner.
RUN install --directory --owner=10001 --group=10001 --mode=700 /var/lib/sightline
WORKDIR /opt/sightline
COPY --from=pages /app ./
COPY --from=server /build/target/release/sightline /usr/local/bin/
ENV ORT_DYLIB_PATH=/opt/sightline/libonnxruntime.so.1 \
    STATE_DIR=/var/lib/sightline \
    SIGHTLINE_CONTAINER=true
USER 10001:10001
VOLUME /var/lib/sightline
EXPOSE 3000
# Asks where PORT says: change the port by this variable, not by --port.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["sightline", "health"]
ENTRYPOINT ["sightline"]
