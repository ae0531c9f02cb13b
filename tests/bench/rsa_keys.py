"""RSA keys from a seed, for a corpus that is the same everywhere. For measuring only: the seed is public."""

from random import Random
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicNumbers,
    rsa_crt_dmp1,
    rsa_crt_dmq1,
    rsa_crt_iqmp,
)

_PRIME_BITS: Final = 1024
_EXPONENT: Final = 65_537
_WITNESSES: Final = (2, 3, 5, 7, 11, 13, 17, 19)
_SMALL_PRIMES: Final = tuple(
    n for n in range(3, 2_000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))
)


def rsa_key(seed: str) -> RSAPrivateKey:
    """Return the 2,048-bit key that ``seed`` determines."""
    random = Random(seed)  # noqa: S311 - see above
    p, q = _prime(random), _prime(random)
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    public = RSAPublicNumbers(_EXPONENT, p * q)
    crt = (rsa_crt_dmp1(d, p), rsa_crt_dmq1(d, q), rsa_crt_iqmp(p, q))
    return RSAPrivateNumbers(p, q, d, *crt, public).private_key()


def _prime(random: Random) -> int:
    # The two highest bits set, so that the product of two has all its bits.
    top = 0b11 << (_PRIME_BITS - 2)
    while True:
        candidate = random.getrandbits(_PRIME_BITS) | top | 1
        if (candidate - 1) % _EXPONENT and _is_prime(candidate):
            return candidate


def _is_prime(n: int) -> bool:
    if any(n % small == 0 for small in _SMALL_PRIMES):
        return False
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(_passes(n, base, odd, twos) for base in _WITNESSES)


def _passes(n: int, base: int, odd: int, twos: int) -> bool:
    """Miller-Rabin: whether ``base`` does not show ``n`` to be composite."""
    x = pow(base, odd, n)
    if x in (1, n - 1):
        return True
    for _ in range(twos - 1):
        x = x * x % n
        if x == n - 1:
            return True
    return False
