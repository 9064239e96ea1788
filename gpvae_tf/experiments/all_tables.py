"""Every table of the papers by its name, which is that of its file in results/ and of its runs' folder."""

from gpvae_tf.experiments.cp_vae.table import ConvergedTable, CpvaeTable
from gpvae_tf.experiments.gp_encoder.table import GPEncoderConvergedTable, GPEncoderSizesTable, GPEncoderTable
from gpvae_tf.experiments.imputation.table import HealingMnistTable, MissingFramesTable
from gpvae_tf.experiments.moving_ball.table import MovingBallTable
from gpvae_tf.experiments.nonparametric.table import NpvaeTable
from gpvae_tf.experiments.rotated_mnist.scaling_table import ScalingTable
from gpvae_tf.experiments.rotated_mnist.table import RotatedMnistTable
from gpvae_tf.experiments.sprites.table import SpritesTable
from gpvae_tf.experiments.table import Table

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        HealingMnistTable(),
        MissingFramesTable(),
        MovingBallTable(),
        RotatedMnistTable(),
        ScalingTable(),
        CpvaeTable(),
        ConvergedTable(),
        NpvaeTable(),
        GPEncoderTable(),
        GPEncoderConvergedTable(),
        GPEncoderSizesTable(),
        SpritesTable(),
    )
}
