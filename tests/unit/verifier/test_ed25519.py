"""The verifier's own Ed25519 agrees with RFC 8032 and with the library."""

from __future__ import annotations

import random

import pytest

from tests.unit.evidence.sample import private_key, verify
from verifier import verify_winnow as v

# RFC 8032 section 7.1, tests 1 to 3 and SHA(abc): public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_rfc_8032_vectors(public: str, message: str, signature: str) -> None:
    """The vectors of the standard hold, and with one bit changed anywhere they do not."""
    parts = [bytes.fromhex(text) for text in (public, message, signature)]
    assert v.signature_holds(*parts)
    for part, at in ((0, 5), (2, 3), (2, 40), (2, 63)):
        changed = [bytearray(one) for one in parts]
        changed[part][at] ^= 4
        assert not v.signature_holds(*map(bytes, changed))
    assert not v.signature_holds(parts[0], parts[1] + b"x", parts[2])


def test_it_agrees_with_the_library() -> None:
    """Random keys and messages, sound and damaged, get the library's answer."""
    choice = random.Random(8032)
    for number in range(40):
        private = private_key(str(number))
        public, message = private.public_key().public_bytes_raw(), choice.randbytes(number)
        parts = [public, message + b".", private.sign(message + b".")]
        part, bit = choice.randrange(3), choice.randrange(8)
        assert v.signature_holds(*parts)
        at = choice.randrange(len(parts[part]))
        parts[part] = parts[part][:at] + bytes([parts[part][at] ^ 1 << bit]) + parts[part][at + 1 :]
        assert v.signature_holds(*parts) is verify(*parts) is False


def test_one_spelling_per_signature() -> None:
    """S of at least the group's order, points not reduced, the zero with a sign, and odd lengths are refused."""
    private = private_key("x")
    public, signature = private.public_key().public_bytes_raw(), private.sign(b"m")
    s = int.from_bytes(signature[32:], "little")
    assert v.signature_holds(public, b"m", signature)
    assert not v.signature_holds(public, b"m", signature[:32] + (s + v.ORDER).to_bytes(32, "little"))
    assert not v.signature_holds(public + b"\0", b"m", signature)
    assert not v.signature_holds(public, b"m", signature + b"\0")
    assert not v.signature_holds(public, b"m", signature[:63])
    assert v.decompress((v.P + 1).to_bytes(32, "little")) is None
    assert v.decompress((1 + (1 << 255)).to_bytes(32, "little")) is None
    assert v.decompress((2).to_bytes(32, "little")) is None
