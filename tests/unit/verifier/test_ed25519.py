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


# Wycheproof, testvectors_v1/ed25519_test.json (C2SP/wycheproof), one key: message and signature of tests 1 to 5.
WYCHEPROOF_KEY = bytes.fromhex("7d4d0e7f6153a69b6242b522abbee685fda4420f8834b108c3bdae369ef549fa")
WYCHEPROOF = [
    (
        "",
        "d4fbdb52bfa726b44d1786a8c0d171c3e62ca83c9e5bbe63de0bb2483f8fd6cc1429ab72cafc41ab56af02ff8fcc43b99bfe4c7ae940f60f38ebaa9d311c4007",
    ),
    (
        "78",
        "d80737358ede548acb173ef7e0399f83392fe8125b2ce877de7975d8b726ef5b1e76632280ee38afad12125ea44b961bf92f1178c9fa819d020869975bcbe109",
    ),
    (
        "54657374",
        "7c38e026f29e14aabd059a0f2db8b0cd783040609a8be684db12f82a27774ab07a9155711ecfaf7f99f277bad0c6ae7e39d4eef676573336a5c51eb6f946b30d",
    ),
    (
        "48656c6c6f",
        "1c1ad976cbaae3b31dee07971cf92c928ce2091a85f5899f5e11ecec90fc9f8e93df18c5037ec9b29c07195ad284e63d548cd0a6fe358cc775bd6c1608d2c905",
    ),
    (
        "313233343030",
        "657c1492402ab5ce03e2c3a7f0384d051b9cf3570f1207fc78c1bcc98c281c2bf0cf5b3a289976458a1be6277a5055545253b45b07dcc1abd96c8b989c00f301",
    ),
]
P, L = v.P, v.ORDER


def little(number: int) -> bytes:
    """Write a number as Ed25519 does."""
    return number.to_bytes(32, "little")


def test_wycheproof_special_values() -> None:
    """Nought, one, the group's order and the field's prime as R and S are no signature (Wycheproof tests 10 to 29)."""
    for first in (0, 1, L, P):
        for second in (0, 1, L - 1, L, P):
            assert not v.signature_holds(WYCHEPROOF_KEY, b"?", little(first) + little(second))


@pytest.mark.parametrize(("message", "signature"), WYCHEPROOF)
def test_wycheproof_cut_padded_and_bent(message: str, signature: str) -> None:
    """A sound signature holds; cut, padded, with its halves swapped, or with S in another spelling, it does not."""
    text, sound = bytes.fromhex(message), bytes.fromhex(signature)
    r, s = sound[:32], int.from_bytes(sound[32:], "little")
    assert v.signature_holds(WYCHEPROOF_KEY, text, sound)
    spoilt = [b"", sound[:32], sound[:63], sound + b"\0", b"\0" + sound, sound[1:], sound[32:] + r, sound * 2, r + r]
    spoilt += [r + little(s + k * L) for k in range(1, 15)] + [r + little(s | 1 << bit) for bit in (253, 254, 255)]
    spoilt += [r[:31] + bytes([r[31] ^ 128]) + sound[32:], r[::-1] + sound[32:], bytes(32) + sound[32:]]
    for other in spoilt:
        assert other == sound or not v.signature_holds(WYCHEPROOF_KEY, text, other), other.hex()
        assert other == sound or not verify(WYCHEPROOF_KEY, text, other)


def small_order_points() -> list[bytes]:
    """Return every spelling of the eight points of small order: y, y + p where it fits, each with both signs."""
    # y of order 1, 2, 4 and 8 ("Taming the many EdDSAs", Chalkias et al. 2020, table 1).
    eighth = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD83D3D706A17C7
    values = [y for y in (1, P - 1, 0, eighth, P - eighth, P, P + 1) if y < 1 << 255]
    return [little(y | sign << 255) for y in values for sign in (0, 1)]


def test_small_order_points_get_no_more_than_the_library_gives() -> None:
    """With keys and nonces of small order, in every spelling, the verifier accepts nothing that the library refuses."""
    points, accepted = small_order_points(), 0
    for key in points:
        for nonce in points:
            message, signature = key + nonce, nonce + bytes(32)
            ours = v.signature_holds(key, message, signature)
            accepted += ours
            assert not ours or verify(key, message, signature)
    assert 0 < accepted < len(points) ** 2 // 2
    assert sum(v.decompress(point) is not None for point in points) == 8
