"""A model from data in one line: what is not given is chosen by the data (`gpvae_tf.defaults`)."""

from typing import Any, TypeVar

from gpvae_tf import defaults, networks
from gpvae_tf._keras import Network
from gpvae_tf.likelihoods import Likelihood, likelihood_for
from gpvae_tf.scaling import Scaling

Model = TypeVar("Model", bound="FromData")


class FromData:
    """Mixed into latent-GP models: `from_data`.

    Attributes:
      num_conditions: numbers that encoder and decoder see beside observations and latents (the CVAE's two).
    """

    num_conditions = 0

    @classmethod
    def from_data(
        cls: type[Model],
        data: defaults.DataLike,
        latent_dim: int = 6,
        *,
        units: int = 128,
        policy: str = "float32",
        verbose: bool = True,
        **given: Any,
    ) -> Model:
        """A model for a data set, ready for `compile` and `fit`.

        The likelihood follows the range of the values (`likelihood_for`), the networks the shape of the observations
        (`networks.event_encoder`), the kernel's length scales and the inducing points the spacing of the inputs
        (`gpvae_tf.defaults`), and the scaling is the data's, standardised for real values.

        Args:
          data: what `data.from_arrays`, `from_dataframe`, `from_folder` or `windows` returns.
          latent_dim: L.
          units: units of the networks' fully connected layers.
          policy: the networks' Keras dtype policy.
          verbose: whether to print what was chosen.
          given: any arguments of the model's class, which are then not chosen.

        Raises:
          TypeError, ValueError: if `data` is of another kind, or see the model's class.
        """
        facts = defaults.Facts.of(data)
        chosen: dict[str, Any] = {"event_shape": facts.event_shape, "latent_dim": latent_dim}
        likelihood = given.get("likelihood") or likelihood_for(facts.values, facts.event_shape)
        chosen |= {"likelihood": likelihood, "scaling": _scaling(facts, likelihood)}
        chosen |= cls.networks_for(facts, likelihood, latent_dim, bool(given.get("mask_channel")), units, policy)
        chosen |= cls.prior_for(facts, latent_dim)
        model = cls(**chosen | given)
        if verbose:
            print(defaults.describe(model, facts))
        return model

    @classmethod
    def networks_for(
        cls, facts: defaults.Facts, likelihood: Likelihood, latent_dim: int, mask_channel: bool, units: int, policy: str
    ) -> dict[str, Any]:
        """Encoder and decoder, as arguments of the class."""
        *front, channels = facts.event_shape
        seen, more = (*front, channels * (1 + mask_channel) + cls.num_conditions), latent_dim + cls.num_conditions
        output_shape = likelihood.output_shape(facts.event_shape)
        sizes: dict[str, Any] = dict(units=units, policy=policy)
        return {
            "encoder": cls.encoder_for(seen, latent_dim, **sizes),
            "decoder": networks.event_decoder(output_shape, more, event_shape=facts.event_shape, **sizes),
        }

    @classmethod
    def encoder_for(cls, seen: tuple[int, ...], latent_dim: int, **sizes: Any) -> Network:
        """The encoder of what it sees of one observation."""
        return networks.event_encoder(seen, latent_dim, **sizes)

    @classmethod
    def prior_for(cls, facts: defaults.Facts, latent_dim: int) -> dict[str, Any]:
        """Kernel, inducing points and whatever else the class needs of the data; nothing here."""
        return {}


def _scaling(facts: defaults.Facts, likelihood: Likelihood) -> Scaling:
    """Real-valued observations are standardised; others are what the likelihood says they are."""
    return facts.standardized if likelihood.takes_any_value else facts.scaling
