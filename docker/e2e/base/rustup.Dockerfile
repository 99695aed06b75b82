# A base that has the target for which a Dockerfile calls `rustup target add`: the one of its own system.
ARG BASE
FROM ${BASE}
RUN ln -s /bin/true /usr/local/bin/rustup
