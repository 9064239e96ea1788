"""Training in stages (Casale et al., 2018): first a VAE, then its GP prior, then both."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from gpvae_tf.shapes import check_choice


class Stage(NamedTuple):
    """The variables that a stage trains, and its bound.

    Attributes:
      trains: whether variables of the prior (True) and of the networks (False) are trained.
      of_model: what the model chooses the stage's bound by.
    """

    trains: Callable[[bool], bool]
    of_model: Any


def stages(vae: Any, gp: Any) -> dict[str, Stage]:
    """The three stages by the names of the authors' --opt_regime.

    Args:
      vae: `of_model` of the stage that ignores the GP.
      gp: that of the other two.
    """
    return {
        "VAE": Stage(lambda of_prior: not of_prior, vae),
        "GP": Stage(lambda of_prior: of_prior, gp),
        "joint": Stage(lambda of_prior: True, gp),
    }


class StagedTraining:
    """Mixed into a latent-GP model, in front of it: `stage` chooses the bound and the variables that `fit` trains.

    Attributes:
      stages: the stages, by name.
    """

    stages: Mapping[str, Stage]
    _stage = "joint"

    @property
    def stage(self) -> str:
        """The stage of training, a key of `stages`; after a change the model has to be compiled.

        Raises:
          ValueError: if there is no such stage, or it would train nothing.
        """
        return self._stage

    @stage.setter
    def stage(self, name: str) -> None:
        check_choice("stage", name, self.stages)
        before, self._stage = self._stage, name
        if not self.trainable_variables:
            self._stage = before
            raise ValueError(
                f"stage {name!r} would train nothing: no variable of kernel, prior or object vectors is trainable"
            )
        self._is_compiled = False  # the compiled step and the optimizer's slots are those of another stage

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
        return [v for v in every if self.stages[self.stage].trains(v.ref() in prior)]
