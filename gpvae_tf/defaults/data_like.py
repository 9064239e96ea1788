"""What choices need of a data set, so that they know no reader of data."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from gpvae_tf.input_roles import InputRoles
from gpvae_tf.scaling import Scaling


class DataLike(Protocol):
    """Sequences with inputs, as `gpvae_tf.data.SequenceData` holds them."""

    @property
    def observations(self) -> np.ndarray: ...

    @property
    def inputs(self) -> np.ndarray: ...

    @property
    def mask(self) -> np.ndarray | None: ...

    @property
    def errors(self) -> np.ndarray | None: ...

    @property
    def roles(self) -> InputRoles: ...

    @property
    def channel_names(self) -> Sequence[str]: ...

    @property
    def input_names(self) -> Sequence[str]: ...

    @property
    def class_channels(self) -> dict[str, list[int]]: ...

    @property
    def scaling(self) -> Scaling: ...

    @property
    def standardized(self) -> Scaling: ...

    @property
    def num_data(self) -> int | None: ...

    @property
    def lengths(self) -> np.ndarray: ...

    @property
    def share_observed(self) -> float: ...


PARTS = tuple(name for name in vars(DataLike) if not name.startswith("_"))
