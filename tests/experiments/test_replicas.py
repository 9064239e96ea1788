"""Every experiment trains on two mirrored replicas as on one device; what cannot be is refused before training."""

import numpy as np
import pandas as pd
import pytest

from gpvae_tf.experiments.rotated_mnist.svgp import SvgpExperiment
from gpvae_tf.replicas.batches import check_replicas
from gpvae_tf.training import execution
from tests.support import small_experiments
from tests.support.replicas import Trained, assert_the_same, descent, strategy_of
from tests.support.scripts import run_here

pytestmark = pytest.mark.filterwarnings("ignore:Even though the .*run_functions_eagerly")
STEPS = 2
LEARNED = "--M=3 --PCA --GP_joint --ov_joint"
SPARSE = f"{LEARNED} --ip_joint --clip_qs"
COMMANDS = {
    "ball": "BALL_experiment.py --elbo=SVGPVAE_Hensman --tmax=5 --m=3 --ip_max=5 --ip_joint",
    "VAE": "MNIST_experiment.py --elbo=VAE",
    "CVAE": "MNIST_experiment.py --elbo=CVAE",
    "SVIGP": f"MNIST_experiment.py --elbo=SVIGP_Hensman {SPARSE}",
    "SVGP-VAE": f"MNIST_experiment.py --elbo=SVGPVAE_Hensman --GECO {SPARSE}",
    "SVGP-VAE, Titsias": f"MNIST_experiment.py --elbo=SVGPVAE_Titsias {SPARSE}",
    "FGP-VAE": "FGPVAE_experiments.py --L=4 --L_w=2",
    "FGP-VAE, correlated": "FGPVAE_experiments.py --L=4 --L_w=2 --object_prior_corr",
    "SPRITES": "SPRITES_experiment.py --elbo=SVGPVAE_Hensman --PCA",
    "CP-VAE": "CPVAE_experiment.py",
    "VampPrior": "VampPrior_experiment.py --number_components=5",
    "NPVAE": "NPVAE_experiment.py",
    "GP encoder": "GPENC_experiment.py",
    "imputation": "GPVAE_imputation.py --model_type=gp-vae --batch_size=5",
}


@pytest.fixture(scope="module")
def small(rotated_dir, tmp_path_factory):
    return small_experiments.make(rotated_dir, tmp_path_factory.mktemp("sprites"))


def steps_of(command: str, small: small_experiments.SmallData, num_replicas: int) -> Trained:
    """Two steps on the batches of a script's run."""
    script, *flags = command.split()
    experiment = small_experiments.experiment_of(script, flags, small)
    execution.prepare(experiment.config.seed)
    with strategy_of(num_replicas).scope():
        experiment.compile()
        model = experiment.model
        check_replicas(model, experiment.stream, experiment.steps_per_data_epoch)
        model.compile(descent(), run_eagerly=True)
    before = [variable.numpy() for variable in model.trainable_variables]
    logs = model.fit(experiment.stream(0), epochs=STEPS, steps_per_epoch=1, verbose=0).history
    return Trained(model, before, logs)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_an_experiment_trains_as_on_one_device(command, small):
    one, two = (steps_of(command, small, number) for number in (1, 2))
    assert_the_same(one, two)


@pytest.fixture
def script(rotated_dir, tmp_path, capsys, monkeypatch, eagerly):
    """A function that runs MNIST_experiment.py on two replicas or on one device."""
    monkeypatch.setitem(execution.STRATEGIES, "mirrored", lambda: strategy_of(2))
    base = ["--batch_size=150", "--L=4", "--nofigures", "--noexport", "--verbose=0", f"--data_dir={rotated_dir}"]

    def run(strategy: str, *flags: str):
        places = [f"--strategy={strategy}", f"--base_dir={tmp_path / strategy}"]
        return run_here(SvgpExperiment, lambda *_: {}, capsys, *base, *places, *flags), tmp_path / strategy

    return run


def test_a_script_on_replicas_logs_the_numbers_of_one_device(script):
    flags = ["--elbo=SVGPVAE_Hensman", "--M=3", "--GP_joint", "--GECO", "--opt_regime=VAE-1,joint-1", "--eval_every=1"]
    logs = []
    for strategy in ("none", "mirrored"):
        done, folder = script(strategy, *flags)
        assert done.status == 0, done.output
        logs.append(pd.read_csv(next(folder.glob("*/metrics.csv"))).drop(columns="seconds"))
    assert len(logs[0]) == 2 and logs[0]["step"].tolist() == logs[1]["step"].tolist()
    for name in logs[0].columns:
        np.testing.assert_allclose(logs[1][name], logs[0][name], rtol=1e-3, err_msg=name)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--elbo=GPVAE_Casale", "--M=3", "--opt_regime=joint-1"], "GPPVAE's stage 'joint' trains on one replica"),
        (["--elbo=CVAE", "--batch_size=1"], "training has a batch of 1 points for 2 replicas"),
    ],
    ids=["bank", "batch"],
)
def test_scripts_refuse_what_replicas_cannot_do(script, flags, message):
    done, folder = script("mirrored", *flags)
    assert done.was_refused(message), done.output
    assert not folder.exists()
