"""Random edits of the log, the bundle and the certificate: the stand-alone verifier accepts none of them."""
