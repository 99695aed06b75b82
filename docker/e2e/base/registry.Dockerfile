# A registry of images, from Debian's packages.
ARG BASE
FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends docker-registry && rm -rf /var/lib/apt/lists/*
CMD ["docker-registry", "serve", "/etc/docker/registry/config.yml"]
