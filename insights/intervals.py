"""Confidence intervals of a share: exact for decisions, Wilson's for charts."""

from math import sqrt

# scipy.stats would say the same; it takes 30 MB and a second of each process.
from scipy.special import betaincinv, ndtri

CONFIDENCE = 0.95


def exact_interval(
    successes: int, count: int, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Return the exact two-sided interval (Clopper and Pearson 1934); (0, 1) when count is 0.

    It never promises more than it holds. Wilson's does so near 0 and 1 (Brown, Cai and DasGupta
    2001): by its bound, one error in 17 would stop a version that is right in 99 of 100.
    """
    one_sided = (1 + confidence) / 2
    failures = count - successes
    return (
        exact_lower_bound(successes, count, one_sided),
        1.0 - exact_lower_bound(failures, count, one_sided),
    )


def exact_lower_bound(successes: int, count: int, confidence: float = CONFIDENCE) -> float:
    """Return the exact one-sided lower bound; 0 when count is 0.

    Without an error it is (1 - confidence) ** (1 / count): 0.99 takes 299 successes in a row.
    """
    if successes == 0:
        return 0.0
    return float(betaincinv(successes, count - successes + 1, 1 - confidence))


def wilson_interval(
    successes: int, count: int, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Return Wilson's two-sided interval (1927), for error bars; (0, 1) when count is 0."""
    if count == 0:
        return 0.0, 1.0
    z = float(ndtri((1 + confidence) / 2))
    share, spread = successes / count, z * z / count
    centre = share + spread / 2
    half = sqrt(spread * (share * (1 - share) + spread / 4))
    low, high = (centre - half) / (1 + spread), (centre + half) / (1 + spread)
    return low if successes else 0.0, high if successes < count else 1.0
