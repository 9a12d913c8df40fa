"""Evidence: leaves, the Merkle tree, proofs, signed notes, commitments and certificates. Formats only, no keys."""
