//! Walls, and pages that only look like them.
