# The base of one run: the same files and one that no other run has, so that nothing above it is CACHED from another run.
# A certificate bundle given as the secret `ca` becomes that of the image, for machines that reach registries through it.
ARG BASE
FROM ${BASE}
ARG RUN
RUN --mount=type=secret,id=ca \
    echo "${RUN}" >/etc/larder-e2e; \
    if [ -s /run/secrets/ca ] && [ -d /etc/ssl/certs ]; then \
        cat /run/secrets/ca >/etc/ssl/certs/ca-certificates.crt; \
        printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' >/etc/pip.conf; \
    fi
