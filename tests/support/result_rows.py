"""A valid row of results for tests to change."""

from gpvae_tf.results import ResultRow


def row(**changes) -> ResultRow:
    """A row with some fields changed."""
    fields = dict(
        table="ball",
        model="SVGP-VAE",
        dataset="moving ball",
        preset="paper",
        metric="RMSE",
        value=0.41234,
        sd=0.0213,
        seeds=[0, 1, 2],
        epochs=25,
        paper=None,
        unit="path units",
        seconds_per_epoch=26.123,
        command="python BALL_experiment.py --elbo SVGPVAE_Hensman",
        commit="abc1234",
        date="2026-11-21",
    )
    return ResultRow(**fields | changes)
