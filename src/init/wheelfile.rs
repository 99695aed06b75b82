//! The text of a Dockerfile for a Python extension that maturin builds.
//!
//! In: a [`Wheel`] and a [`Plan`]. Out: text with the stages `dev`, `planner`,
//! `rust-wheel-builder`, and `runtime`. Touches nothing.

use super::need::names;
use super::plan::Plan;
use super::wheel::Wheel;

/// Returns the text.
pub fn dockerfile(plan: &Plan, wheel: &Wheel, dir: &str) -> String {
    let packages: Vec<&str> = ["gcc", "libc6-dev"].into_iter().chain(names(&plan.needs.build)).collect();
    let run: Vec<&str> = names(&plan.needs.run).into_iter().collect();
    let reasons: String = plan
        .needs
        .build
        .iter()
        .flat_map(|need| ["# ", &need.package, " ", need.why, ".\n"].map(str::to_owned))
        .collect();
    let unknown = match plan.needs.unknown.as_slice() {
        [] => String::new(),
        names => format!("# Not known here, and may need more packages: {}\n", names.join(", ")),
    };
    let libraries = match run.as_slice() {
        [] => String::new(),
        names => format!(
            "RUN apt-get update \\\n    && apt-get install -y --no-install-recommends {} \\\n    && rm -rf /var/lib/apt/lists/*\n",
            names.join(" ")
        ),
    };
    let place = |way: &str| if way.is_empty() { "/app".to_owned() } else { format!("/app/{way}") };
    let root = place(&plan.facts.inner);
    let project = if dir.is_empty() { root.clone() } else { format!("{root}/{dir}") };
    let module = &wheel.module;
    let import = module.clone();
    format!(
        "\
# Builds the wheel `{module}` with its dependencies in a layer of their own, and an image that has the wheel installed.
#
# Build the image of cargo-larder once, in a checkout of it. Then build this one:
#
#     docker build -f docker/image/Dockerfile -t cargo-larder .
#     docker build --target dev -t {module}-dev .        the toolchain, maturin, and cargo-larder
#     docker build --target runtime -t {module} .        Python with the wheel installed
ARG LARDER=cargo-larder
# {why}
ARG RUST={rust}
ARG PYTHON=python:3.12-slim-bookworm

FROM ${{LARDER}} AS larder

FROM ${{RUST}} AS rust

# The wheel is built for the Python that it will run on.
FROM ${{PYTHON}} AS dev
{reasons}{unknown}RUN apt-get update \\
    && apt-get install -y --no-install-recommends {packages} \\
    && rm -rf /var/lib/apt/lists/*
ENV CARGO_HOME=/usr/local/cargo RUSTUP_HOME=/usr/local/rustup PATH=/usr/local/cargo/bin:$PATH
COPY --from=rust /usr/local/rustup /usr/local/rustup
COPY --from=rust /usr/local/cargo /usr/local/cargo
RUN pip install --no-cache-dir \"maturin>=1.9,<2\"
COPY --from=larder /cargo-larder /usr/local/cargo/bin/
WORKDIR {root}
{toolchain}
# Reads the manifests and writes recipe.json, after every change, in milliseconds.
FROM dev AS planner
RUN --mount=type=bind,target=/app \\
    cargo-larder prepare --recipe-path /recipe.json --profile {profile}{flags}

# Builds the dependencies when recipe.json changes, and the wheel when anything changes.
FROM dev AS rust-wheel-builder
COPY --from=planner /recipe.json ./
RUN --mount=type=cache,target=/usr/local/cargo/registry \\
    --mount=type=cache,target=/usr/local/cargo/git \\
    cargo larder cook --locked --maturin=python3
COPY . /app/
WORKDIR {project}
RUN --mount=type=cache,target=/usr/local/cargo/registry \\
    --mount=type=cache,target=/usr/local/cargo/git \\
    maturin build --profile {profile} --locked --interpreter python3 --out /wheels

FROM ${{PYTHON}} AS runtime
{libraries}RUN --mount=type=bind,from=rust-wheel-builder,source=/wheels,target=/wheels \\
    pip install --no-cache-dir --no-index --no-deps /wheels/*.whl
USER 10001:10001
CMD [\"python3\", \"-c\", \"import {import}\"]
",
        why = plan.images.why,
        rust = plan.images.rust,
        packages = packages.join(" "),
        toolchain = plan.facts.toolchain.as_ref().map_or_else(String::new, |(file, _)| format!(
            "# Installs the toolchain once, and not in each stage.\nCOPY {file} /app/{file}\nRUN cargo --version\n"
        )),
        profile = plan.profile,
        flags = plan.flags,
    )
}
