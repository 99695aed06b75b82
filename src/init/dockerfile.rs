//! The text of a Dockerfile.
//!
//! In: a [`Plan`]. Out: text with the stages `larder`, `base`, `planner`, `builder`, and `runtime`.
//! Touches nothing.

use super::need::{Need, names};
use super::plan::Plan;
use crate::cli::init::Base;
use crate::shell;

/// The user of the program. A number, so that orchestrators can tell that it is not root.
const USER: &str = "10001";

/// The directory of cargo in official images.
const CARGO: &str = "/usr/local/cargo";

/// Where the store is mounted.
const STORE: &str = "/var/cache/larder";

/// Returns the text.
pub fn dockerfile(plan: &Plan) -> String {
    let parts = [head(plan), base(plan), planner(plan), builder(plan), runtime(plan)];
    parts.map(|lines| lines.join("\n") + "\n").join("\n")
}

fn head(plan: &Plan) -> Vec<String> {
    let mut lines = vec![
        format!("# Builds `{}` with its dependencies in a layer of their own, which sources do not change.", plan.main),
        "#".to_owned(),
        "# Build the image of cargo-larder once, in a checkout of it. Then build this one:".to_owned(),
        "#".to_owned(),
        "#     docker build -f docker/image/Dockerfile -t cargo-larder .".to_owned(),
        format!("#     docker build -t {} .", image_name(&plan.main)),
        "ARG LARDER=cargo-larder".to_owned(),
        format!("# {}", plan.images.why),
        format!("ARG RUST={}", plan.images.rust),
    ];
    if plan.base != Base::Scratch {
        lines.push(format!("ARG RUNTIME={}", plan.images.runtime));
    }
    lines.push(String::new());
    lines.push("FROM ${LARDER} AS larder".to_owned());
    lines
}

fn base(plan: &Plan) -> Vec<String> {
    let mut lines = vec![
        "# What the stages share. Set other variables that cargo or build scripts read here, too.".to_owned(),
        "FROM ${RUST} AS base".to_owned(),
    ];
    lines.extend(install(plan.base.is_musl(), &plan.needs.build, &[], &[]));
    if !plan.needs.unknown.is_empty() {
        lines.push(format!("# Not known here, and may need more packages: {}", plan.needs.unknown.join(", ")));
    }
    for (name, value, why) in &plan.variables {
        lines.push(format!("# {why}"));
        lines.push(format!("ENV {name}={value}"));
    }
    lines.push(format!("COPY --from=larder /cargo-larder {CARGO}/bin/"));
    lines.push(format!("WORKDIR {}", workdir(plan)));
    if let Some((file, _)) = &plan.facts.toolchain {
        lines.push("# Installs the toolchain once, and not in each stage.".to_owned());
        lines.push(format!("COPY {file} /app/{file}"));
        lines.push("RUN cargo --version".to_owned());
    }
    if let Some(target) = plan.target.as_deref() {
        lines.push(format!("RUN rustup target add {}", shell::word(target)));
    }
    lines
}

fn planner(plan: &Plan) -> Vec<String> {
    vec![
        "# Reads the manifests and writes recipe.json, after every change, in milliseconds.".to_owned(),
        "FROM base AS planner".to_owned(),
        format!("ARG PROFILE={}", plan.profile),
        "RUN --mount=type=bind,target=/app \\".to_owned(),
        format!("    cargo-larder prepare --recipe-path /recipe.json --profile \"$PROFILE\"{}", plan.flags),
    ]
}

fn builder(plan: &Plan) -> Vec<String> {
    let mut lines = vec![
        "# Builds the dependencies when recipe.json changes, and the program when anything changes.".to_owned(),
        "FROM base AS builder".to_owned(),
    ];
    lines.extend(rustflags(plan));
    lines.push("COPY --from=planner /recipe.json ./".to_owned());
    lines.extend(mounts(plan.cache_mount));
    let store = if plan.cache_mount { format!(" --cache {STORE}") } else { String::new() };
    lines.push(format!("    cargo larder cook --locked{store}"));
    lines.push(format!("ARG PROFILE={}", plan.profile));
    lines.push("COPY . /app/".to_owned());
    lines.extend(mounts(false));
    // `verify` stops the image if the layer above does not serve the build.
    for command in ["cargo larder verify", "&& cargo build"] {
        lines.push(format!("    {command} --locked --profile \"$PROFILE\"{} \\", plan.flags));
    }
    let found: Vec<String> = plan.binaries.iter().map(|name| built(plan, name)).collect();
    lines.push("    && mkdir /out \\".to_owned());
    let end = if plan.strip { " \\" } else { "" };
    lines.push(format!("    && cp {} /out/{end}", found.join(" ")));
    lines.extend(plan.strip.then(|| "    && strip /out/*".to_owned()));
    lines.extend(libraries(plan));
    lines
}

/// The flags for rustc. An empty variable would hide the flags of `.cargo/config.toml`, so it is
/// set only if it has a value.
fn rustflags(plan: &Plan) -> Vec<String> {
    match plan.rustflags {
        None => vec!["ARG RUSTFLAGS".to_owned()],
        Some((flags, why)) => vec![format!("# {why}"), format!("ARG RUSTFLAGS=\"{flags}\"")],
    }
}

fn runtime(plan: &Plan) -> Vec<String> {
    let mut lines = vec!["# Holds only the program and what it reads.".to_owned()];
    let from = if plan.base == Base::Scratch { "scratch" } else { "${RUNTIME}" };
    lines.push(format!("FROM {from} AS runtime"));
    match plan.base {
        Base::Debian => lines.extend(install(
            false,
            &plan.needs.run,
            &["ca-certificates"],
            &[&format!("useradd --system --uid {USER} --no-create-home --shell /usr/sbin/nologin app")],
        )),
        Base::Alpine => lines.extend(install(
            true,
            &plan.needs.run,
            if plan.rustflags.is_some() { &["ca-certificates", "libgcc"] } else { &["ca-certificates"] },
            &[&format!("adduser -S -D -H -u {USER} app")],
        )),
        Base::Distroless => {
            if !plan.needs.run.is_empty() {
                lines.push("COPY --from=builder /libraries/ /usr/local/lib/".to_owned());
                lines.push("ENV LD_LIBRARY_PATH=/usr/local/lib".to_owned());
            }
        }
        Base::Scratch => {
            lines.push("COPY --from=builder /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/".to_owned());
        }
    }
    lines.push("COPY --from=builder /out/ /usr/local/bin/".to_owned());
    if !plan.facts.serves.is_empty() {
        lines.push("# The program reads these files in its current directory.".to_owned());
        lines.push("WORKDIR /app".to_owned());
        for name in &plan.facts.serves {
            lines.push(format!("COPY --from=builder {}/{name} ./{name}", workdir(plan)));
        }
    }
    for (name, value) in &plan.environment {
        lines.push(format!("ENV {name}={value}"));
    }
    lines.push(format!("USER {USER}:{USER}"));
    if let Some((port, file)) = &plan.facts.port {
        lines.push(format!("# From {file}."));
        lines.push(format!("EXPOSE {port}"));
    }
    lines.push(format!("ENTRYPOINT [\"/usr/local/bin/{}\"]", plan.main));
    lines
}

/// The shared libraries of the program, for an image that has no package manager. The runtime image
/// has those of glibc, GCC, and OpenSSL.
fn libraries(plan: &Plan) -> Vec<String> {
    if plan.base != Base::Distroless || plan.needs.run.is_empty() {
        return Vec::new();
    }
    let own = r"/(ld-linux[^/]*|lib(c|m|dl|rt|pthread|resolv|gcc_s|stdc\+\+|gomp|ssl|crypto))\.so";
    [
        "# Libraries of the system that the program needs and that the runtime image does not have.",
        "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]",
        "RUN mkdir /libraries \\",
        "    && ldd /out/* | awk '$2 == \"=>\" { print $3 }' | sort -u \\",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([format!("    | {{ grep -vE '{own}' || true; }} | xargs -r cp -L -t /libraries")])
    .collect()
}

/// Installs packages, with the reasons as comments, and runs more commands in the same step.
fn install(is_alpine: bool, needs: &[Need], always: &[&str], more: &[&str]) -> Vec<String> {
    let mut lines: Vec<String> =
        needs.iter().map(|need| format!("# {} {}: {}", need.package, need.why, need.names.join(", "))).collect();
    let mut packages: Vec<&str> = names(needs).into_iter().chain(always.iter().copied()).collect();
    packages.sort_unstable();
    let mut commands = Vec::new();
    match (packages.is_empty(), is_alpine) {
        (true, _) => {}
        (false, true) => commands.push(format!("apk add --no-cache {}", packages.join(" "))),
        (false, false) => commands.extend([
            "apt-get update".to_owned(),
            format!("apt-get install -y --no-install-recommends {}", packages.join(" ")),
            "rm -rf /var/lib/apt/lists/*".to_owned(),
        ]),
    }
    commands.extend(more.iter().map(|command| (*command).to_owned()));
    if !commands.is_empty() {
        lines.extend(format!("RUN {}", commands.join(" \\\n    && ")).lines().map(str::to_owned));
    }
    lines
}

/// `RUN` with cache mounts for what cargo downloads.
fn mounts(store: bool) -> Vec<String> {
    let mut places = vec![format!("{CARGO}/registry"), format!("{CARGO}/git")];
    places.extend(store.then(|| STORE.to_owned()));
    let mount = |(i, place): (usize, &String)| {
        format!("{} --mount=type=cache,target={place} \\", if i == 0 { "RUN" } else { "   " })
    };
    places.iter().enumerate().map(mount).collect()
}

/// Where cargo leaves a program. The directory of a profile has its name, but for `dev`.
fn built(plan: &Plan, name: &str) -> String {
    let target = plan.target.as_ref().map(|triple| format!("{triple}/")).unwrap_or_default();
    format!("{}/{target}*/{name}", plan.facts.target_dir)
}

fn workdir(plan: &Plan) -> String {
    if plan.facts.inner.is_empty() { "/app".to_owned() } else { format!("/app/{}", plan.facts.inner) }
}

/// A name of an image, which is in lower case.
pub fn image_name(name: &str) -> String {
    name.to_lowercase()
}
