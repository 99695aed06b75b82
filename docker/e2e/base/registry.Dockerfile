# A registry of images, from Debian's packages.
ARG BASE
FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends docker-registry && rm -rf /var/lib/apt/lists/*
RUN printf 'version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: /var/lib/registry\n' >/etc/registry.yml
CMD ["docker-registry", "serve", "/etc/registry.yml"]
