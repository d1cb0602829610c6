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

# Format in place
fmt:
    cargo fmt
