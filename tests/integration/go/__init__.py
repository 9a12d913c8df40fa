"""A second opinion on proofs and notes: the Go project's own checksum database library."""
