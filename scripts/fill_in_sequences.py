"""Rules that fill in a sequence beside the models of GPVAE_imputation.py: linear interpolation and the last value.

    python fill_in_sequences.py --data_type=frames --method=interpolation --testing
    python fill_in_sequences.py --data_type=hmnist --missing=random --method=last_value --testing

Nothing is trained. What a rule fills in is made a distribution by its error on observed training entries, a tenth of
which are hidden for that, and is scored as the models are. Writes BASEDIR/EXP_NAME_METHOD/: config.json, scores.json
and pictures.
"""

from gpvae_tf.experiments.imputation.interpolation import InterpolationExperiment
from gpvae_tf.experiments.imputation.pictures import draw_sequences
from gpvae_tf.experiments.run import run

if __name__ == "__main__":
    run(InterpolationExperiment, draw_sequences)
