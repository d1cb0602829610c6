# `just ci` is what continuous integration runs.

# Everything: format, lints, docs, tests
ci:
    bash .ci/run

# The tests
test:
    cargo test

# The demo on a release build
demo:
    cargo run --release -- demo

# Times first and second run against a page-for-page download, and what versions of pages cost to keep
bench:
    cargo bench --bench crawl
    cargo bench --bench storage

# What links of a generated web are, against what is said of them; options as `just truth --seed 2`
truth *OPTIONS:
    cargo bench --bench truth -- {{OPTIONS}}

# Format in place
fmt:
    cargo fmt

# Makes the golden archive of today's format anew: only before that format is released
golden:
    cargo test --test it golden::make -- --ignored --exact
