# cargo-chef on the base of a run; compiled on a base that is kept, so that it is compiled once.
ARG KEPT
ARG RUST
FROM ${KEPT} AS build
RUN cargo install cargo-chef --version 0.1.77 --locked --root /chef
FROM ${RUST}
COPY --from=build /chef/bin/cargo-chef /usr/local/cargo/bin/
