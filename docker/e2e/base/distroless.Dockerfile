# What stands in for `gcr.io/distroless/cc-debian12`: the libraries of C and of gcc, and no shell.
ARG BASE
FROM ${BASE} AS debian
RUN mkdir /kept /kept/lib64 && cp /usr/lib/*-linux-gnu/ld-linux-*.so.* /usr/lib/*-linux-gnu/lib[cm].so.6 /usr/lib/*-linux-gnu/libgcc_s.so.1 /kept/lib64/
FROM scratch
COPY --from=debian /kept/lib64 /lib64
COPY --from=debian /kept/lib64 /lib
