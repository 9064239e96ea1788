"""Adam in one operation per variable."""

from collections.abc import Sequence

import tensorflow as tf

from gpvae_tf._keras import keras


@keras.saving.register_keras_serializable(package="gpvae_tf")
class FusedAdam(keras.optimizers.Adam):
    """Keras' Adam (Kingma & Ba, 2015) through TensorFlow's own kernel, which reads and writes every weight once.

    Keras takes a dozen operations over each variable, a third of a step of small networks on a CPU. Formula, options,
    variables and their names are Keras', so checkpoints of either are read by the other; numbers differ by rounding.
    Two things Keras cannot do: where `clipvalue` is given beside a norm, entries are clipped first, then the norm; and
    `global_clipnorm` takes float32 networks beside float64 kernels.
    """

    def _clip_gradients(self, gradients: Sequence[tf.Tensor | None]) -> Sequence[tf.Tensor | None]:
        limit = self.clipvalue or 0.0
        if limit > 0.0 and (self.clipnorm or self.global_clipnorm):
            gradients = [g if g is None else tf.clip_by_value(g, -limit, limit) for g in gradients]
        if (self.global_clipnorm or 0.0) > 0.0 and len({g.dtype for g in gradients if g is not None}) > 1:
            norm = tf.linalg.global_norm([g if g is None else tf.cast(g, tf.float64) for g in gradients])
            return tf.clip_by_global_norm(gradients, self.global_clipnorm, use_norm=norm)[0]
        return super()._clip_gradients(gradients)

    def update_step(self, gradient: tf.Tensor | tf.IndexedSlices, variable: tf.Variable) -> None:
        """Moves a variable and its two moments; sparse gradients and AMSGrad are left to Keras."""
        if isinstance(gradient, tf.IndexedSlices) or self.amsgrad or self.adaptive_epsilon:
            super().update_step(gradient, variable)
            return
        number = self._index_dict[self._var_key(variable)]
        dtype = variable.dtype
        step = tf.cast(self.iterations + 1, dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[number].handle,
            v=self._velocities[number].handle,
            beta1_power=tf.pow(tf.cast(self.beta_1, dtype), step),
            beta2_power=tf.pow(tf.cast(self.beta_2, dtype), step),
            lr=tf.cast(self.learning_rate, dtype),
            beta1=tf.constant(self.beta_1, dtype),  # `cast` would round it to float32 first
            beta2=tf.constant(self.beta_2, dtype),
            epsilon=tf.constant(self.epsilon, dtype),
            grad=gradient,
        )
