# The commands of the project. Each calls `.ci/do`, which works without just.

# List the commands
default:
    @just --list

# Format the sources
fmt:
    .ci/do fmt

# Run clippy, with warnings as errors
lint:
    .ci/do lint

# Run clippy for macOS, Windows, and Linux on ARM
systems:
    .ci/do systems

# Run the tests: `just test`, `just test --test kept places`
test *args:
    .ci/do test {{args}}

# Test the laws of a recipe on random workspaces
laws *args:
    .ci/do laws {{args}}

# Check that the documents agree with the program and use plain words
docs:
    .ci/do docs

# Check the spelling of documents, comments, and messages
spelling:
    .ci/do spelling

# Check licences and sources of the dependencies
deny *args="licenses bans sources":
    .ci/do deny {{args}}

# Check the workflows of GitHub, and the action
workflows:
    .ci/do workflows

# Make the package for a registry, and compile it
package *args:
    .ci/do package {{args}}

# Run the end-to-end checks (needs the corpus beside the checkout)
e2e:
    .ci/do e2e

# Run Docker scenarios: `just docker hello layers`
docker *args:
    .ci/do docker {{args}}

# Run everything that CI runs
ci:
    .ci/do ci
