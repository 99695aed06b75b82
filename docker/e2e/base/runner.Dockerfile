# A machine that runs an action: git and bash are there, as on GitHub's own.
ARG BASE
FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
RUN mkdir -p /runner/temp /runner/app && touch /runner/path
