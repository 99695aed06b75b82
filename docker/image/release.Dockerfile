# The same images as in Dockerfile, from programs that were compiled before. Nothing runs here, so that one machine makes
# the images of all platforms. The context has `dist/linux/amd64/cargo-larder`,
# `dist/linux/arm64/cargo-larder`, and so on.
ARG TOOLCHAIN=rust:1-slim-bookworm

FROM ${TOOLCHAIN} AS toolchain
ARG TARGETPLATFORM
COPY dist/${TARGETPLATFORM}/cargo-larder /usr/local/cargo/bin/

FROM scratch AS larder
ARG TARGETPLATFORM
COPY dist/${TARGETPLATFORM}/cargo-larder /cargo-larder
ENTRYPOINT ["/cargo-larder", "larder"]
