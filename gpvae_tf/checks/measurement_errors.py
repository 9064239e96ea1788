"""Standard deviations of errors of measurement: which can be, and which channels have some and may."""

import numpy as np

LARGEST_ERROR = 1e18  # of a measurement: float32 ends at 3e38, and its square has to stay below


def check_errors(errors: np.ndarray, known: np.ndarray, most: np.ndarray | float = LARGEST_ERROR) -> None:
    """Refuses standard deviations of measurement errors that cannot be.

    Args:
      errors: of the shape of the observations.
      known: boolean, of that shape, the entries that were observed; the errors of others are not looked at.
      most: the largest that can be, for all channels or for each, [C].

    Raises:
      ValueError: if one is negative, not finite or larger, with its index.
    """
    bad = known & ~(np.isfinite(errors) & (errors >= 0.0))
    if bad.any():
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f"errors has {np.count_nonzero(bad)} values that are negative or not finite beside observed ones, the "
            f"first {errors[first]:g} at index {first}; 0 is a value without an error of its own, and one that nothing "
            "is known of is better left out by the mask"
        )
    large = known & (errors > most)
    if large.any():
        first = tuple(int(i) for i in np.argwhere(large)[0])
        raise ValueError(
            f"errors has {np.count_nonzero(large)} values so large that float32 loses their squares, the first "
            f"{errors[first]:g} at index {first}: a value that nothing is known of is better left out by the mask"
        )


def channels_with_errors(errors: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Whether values of a channel, the last axis, were measured with errors, boolean [C].

    Args:
      errors, known: see `check_errors`.
    """
    return np.any(known & (errors > 0.0), axis=tuple(range(errors.ndim - 1)))


def check_takes_errors(has_errors: np.ndarray, takes_errors: bool | np.ndarray | None) -> None:
    """Refuses errors of channels whose likelihood has no place for them.

    Args:
      has_errors: boolean [C], whether a channel's values have some.
      takes_errors: of the likelihood, one or [C].

    Raises:
      ValueError: naming the channels.
    """
    refused = has_errors & ~np.asarray(takes_errors, bool)
    if refused.any():
        channels = ", ".join(map(str, np.flatnonzero(refused)))
        raise ValueError(
            f"errors is above 0 in channel {channels} of the last axis, whose likelihood takes none: real numbers with "
            "Gaussian noise (of beta 0, where a network says how much) can be off by a known error; counts, yes or no "
            "and values with outliers cannot"
        )
