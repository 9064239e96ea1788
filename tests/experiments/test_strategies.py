"""Every script under a distribution strategy: epochs, evaluation, early stopping and checkpoints, on replicas."""

import pytest

from gpvae_tf.training.history import read_history
from gpvae_tf.training.loop import train
from tests.support import replicas, small_experiments

pytestmark = pytest.mark.filterwarnings("ignore:Even though the .*run_functions_eagerly")
STOPPED_EARLY = ("CPVAE_experiment.py", "VampPrior_experiment.py", "NPVAE_experiment.py", "GPENC_experiment.py")
SCRIPTS = [script for script, kind in small_experiments.BY_SCRIPT.items() if kind.trains]
FLAGS = {"SPRITES_experiment.py": ["--elbo=SVGPVAE_Hensman"]}


@pytest.fixture(scope="module")
def small(rotated_dir, tmp_path_factory):
    return small_experiments.make(rotated_dir, tmp_path_factory.mktemp("sprites"))


@pytest.mark.parametrize(
    "script, number, epochs",
    [*((script, 1, 1) for script in SCRIPTS), ("CPVAE_experiment.py", 2, 2), ("NPVAE_experiment.py", 2, 1)],
)
def test_a_script_trains_under_a_strategy(script, number, epochs, small, tmp_path, eagerly):
    """Epochs of one step, the second of which is resumed."""
    experiment = small_experiments.experiment_of(script, FLAGS.get(script, []), small)
    with replicas.mirrored(number).scope():
        experiment.compile()
    for phase in experiment.phases[:1]:
        phase.enter(experiment.model)
    for steps in range(1, epochs + 1):
        train(
            experiment.model,
            experiment.stream,
            steps=steps,
            steps_per_epoch=1,
            evaluation=lambda _: experiment.evaluate(),
            callbacks=experiment.callbacks(),
            folder=tmp_path,
            resume=steps > 1,
            verbose=0,
        )
    log = read_history(tmp_path / "metrics.csv")
    assert log["step"].tolist() == [*range(1, epochs + 1)] and not log["skipped"].any()
    assert ("stopping_loss" in log) == (script in STOPPED_EARLY)
