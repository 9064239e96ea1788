"""Fills in hidden values of sequences as users have them, and scores how good and how sure that is.

    pip download --no-deps aeon && unzip -j aeon-*.whl '*/BasicMotions/*.ts' -d FOLDER
    python scripts/own_data.py --data=motions --folder=FOLDER --seeds=0,1,2 --results=results
    python scripts/own_data.py --data=motions --folder=FOLDER --gap=20 --seeds=0,1,2 --results=results
    python scripts/own_data.py --data=motions --folder=FOLDER --horizon=20 --seeds=0,1,2 --results=results
    python scripts/own_data.py --data=videos --seeds=0,1,2 --results=results
    python scripts/own_data.py --data=own_model --num=2000 --results=results

motions: models from data beside linear interpolation and an exact GP per channel, trained on 40 recordings of
BasicMotions and scored on 40 others. videos: a folder of PNG files with times, written first. own_model: series drawn
from a model itself. Writes results/own_data.json; --help says what else. A model takes about 3 minutes for every seed
on 2 CPU cores.
"""

from gpvae_tf.experiments.own_data.run import define_flags, main
from gpvae_tf.flags.help import run_main

if __name__ == "__main__":
    define_flags()
    run_main(main)
