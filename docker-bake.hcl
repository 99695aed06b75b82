// The images of cargo-larder, for `docker buildx bake`.
//
//     docker buildx bake                  from the sources, for this platform
//     docker buildx bake release          from the programs of a release, for two platforms: .github/workflows/release.yml
//
// REGISTRY is the beginning of the names, with a slash at its end. VERSION is the tag next to `latest`.

variable "REGISTRY" {
  default = ""
}

variable "VERSION" {
  default = ""
}

// The images that larder is compiled in, and that it is added to.
variable "RUST" {
  default = "rust:1-slim-bookworm"
}

variable "TOOLCHAIN" {
  default = RUST
}

function "tags" {
  params = [latest, version]
  result = compact(["${REGISTRY}cargo-larder:${latest}", VERSION == "" ? "" : "${REGISTRY}cargo-larder:${version}"])
}

group "default" {
  targets = ["larder", "toolchain"]
}

group "release" {
  targets = ["larder-release", "toolchain-release"]
}

target "larder" {
  dockerfile = "docker/image/Dockerfile"
  target     = "larder"
  tags       = tags("latest", VERSION)
  args = {
    RUST      = RUST
    TOOLCHAIN = TOOLCHAIN
  }
}

target "toolchain" {
  inherits = ["larder"]
  target   = "toolchain"
  tags     = tags("toolchain", "${VERSION}-toolchain")
}

// `dist/linux/amd64/cargo-larder` and `dist/linux/arm64/cargo-larder` are there before.
target "larder-release" {
  dockerfile = "docker/image/release.Dockerfile"
  target     = "larder"
  platforms  = ["linux/amd64", "linux/arm64"]
  tags       = tags("latest", VERSION)
  args = {
    TOOLCHAIN = TOOLCHAIN
  }
}

target "toolchain-release" {
  inherits = ["larder-release"]
  target   = "toolchain"
  tags     = tags("toolchain", "${VERSION}-toolchain")
}
