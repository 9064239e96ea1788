"""Training in stages (Casale et al., 2018): first a VAE, then its GP prior, then both."""

from typing import Any

import tensorflow as tf

from gpvae_tf.checks import check_choice
from gpvae_tf.latent_gps import IndependentMeanField
from gpvae_tf.types import Batch, Gaussian

# The stages by the names of the authors' --opt_regime, each with the variables that it trains.
STAGES = {"VAE": ("networks",), "GP": ("prior",), "joint": ("networks", "prior")}


class StagedTraining:
    """Mixed into a latent-GP model, in front of it: `stage` chooses the bound and the variables that `fit` trains."""

    _stage = "joint"

    @property
    def stage(self) -> str:
        """The stage of training, one of `STAGES`; after a change the model has to be compiled.

        Raises:
          ValueError: if there is no such stage, or it would train nothing.
        """
        return self._stage

    @stage.setter
    def stage(self, name: str) -> None:
        check_choice("stage", name, STAGES)
        before, self._stage = self._stage, name
        if not self.trainable_variables:
            self._stage = before
            raise ValueError(
                f"stage {name!r} would train nothing: no variable of kernel, prior or object vectors is trainable"
            )
        self._is_compiled = False  # the compiled step and the optimizer's slots are those of another stage

    @property
    def ignores_gp(self) -> bool:
        """Whether the bound of the current stage is that of a VAE with prior N(0, I)."""
        return self.stage == "VAE"

    def latents_given(self, batch: Batch) -> Gaussian:
        """Marginals of the latents at all points of a batch, [B, n, L], given what was observed of it.

        In stage "VAE" they are those of a VAE, as the bound's: a point's own encoding, and N(0, 1) where nothing was
        observed. `condition_on` asks the GP in every stage.
        """
        model: Any = self
        if not self.ignores_gp:
            return super().latents_given(batch)  # type: ignore[misc]
        of_vae = IndependentMeanField(model.latent_gp.dtype)
        return of_vae.condition(model.checked_latent_dataset(batch)).marginals().transposed()

    @property
    def prior_variables(self) -> list[tf.Variable]:
        """Trainable variables of the prior: kernel, inducing points, noise, object vectors."""
        model: Any = self
        embedding = () if model.embedding is None else model.embedding.trainable_variables
        return [*model.latent_gp.trainable_variables, *embedding]

    @property
    def trainable_variables(self) -> list[tf.Variable]:
        """Those that the current stage trains."""
        prior = {variable.ref() for variable in self.prior_variables}
        every: list[tf.Variable] = super().trainable_variables  # type: ignore[misc]
        return [v for v in every if ("prior" if v.ref() in prior else "networks") in STAGES[self.stage]]
