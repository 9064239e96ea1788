"""Predictions repaired on values that are known and were hidden: their intervals, and by a residual GP their means.

A model of one's own is right about how sure it is only as far as its likelihood is right. All repairs take what was
observed, hide it a part at a time, and compare what the model predicts with what it was (`held_out`).
"""

from gpvae_tf.recalibration import (
    base,
    conformal,
    cross_validation,
    folds,
    hidden_values,
    kriging,
    residual_gp,
    series_errors,
    student_t_scaling,
    supports,
    variance_scaling,
)
from gpvae_tf.recalibration.base import Recalibration, load
from gpvae_tf.recalibration.conformal import Conformal
from gpvae_tf.recalibration.cross_validation import held_out
from gpvae_tf.recalibration.hidden_values import HeldOut
from gpvae_tf.recalibration.residual_gp import ResidualGP
from gpvae_tf.recalibration.student_t_scaling import StudentTScaling
from gpvae_tf.recalibration.variance_scaling import VarianceScaling

__all__ = [
    "Conformal",
    "HeldOut",
    "Recalibration",
    "ResidualGP",
    "StudentTScaling",
    "VarianceScaling",
    "base",
    "conformal",
    "cross_validation",
    "folds",
    "held_out",
    "hidden_values",
    "kriging",
    "load",
    "residual_gp",
    "series_errors",
    "student_t_scaling",
    "supports",
    "variance_scaling",
]
