import warnings
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from gpvae_tf import plotting
from gpvae_tf.datasets.moving_ball import MovingBall, circle_path
from gpvae_tf.evaluation.trajectories import affine_fit
from gpvae_tf.plotting.style import BLUE, ORANGE
from gpvae_tf.training.history import read_history

B, T = 3, 5
STEPS = np.array([10, 20, 30])


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture
def ball() -> tuple[np.ndarray, np.ndarray]:
    """Frames [B, T, H, W, 1] and paths [B, T, 2]."""
    data = MovingBall(num_frames=T, batch_size=B)
    batch = data.batch(np.array([0, 1], np.int32))
    return batch["observations"].numpy(), batch["paths"].numpy()


def drawn(figure: Figure, tmp_path: Path) -> Figure:
    """Draws, so that layout and tick warnings come out, and checks that the PNG has 150 dpi."""
    path = plotting.save(figure, tmp_path / "new" / "figure.png")
    assert path.read_bytes().startswith(b"\x89PNG") and figure.dpi == 150
    return figure


def line(axis, label: str):
    return next(each for each in axis.lines if each.get_label() == label)


def history(**changes) -> dict[str, list[float]]:
    columns = {"epoch": [0, 1, 2], "step": [10, 20, 30], "seconds": [1, 1, 1], "skipped": [0, 0, 0]}
    columns |= {"elbo": [-9.0, -5.0, -4.0], "reconstruction": [-6.0, -4.0, -2.0], "regularizer": [-3.0, -1.0, -2.0]}
    return columns | {"test_rmse": [1.2, 0.8, 0.5], "test_sse": [9, 8, 7], "val_elbo": [np.nan] * 3} | changes


def test_trajectories_shows_videos_and_models(ball, tmp_path):
    frames, paths = ball
    models = {"VAE": paths + 1.0, "SVGP-VAE": paths + 0.1}
    figure = drawn(plotting.trajectories(frames, paths, models, num_videos=2), tmp_path)
    axes = np.reshape(figure.axes, (2, 3))
    assert axes[0, 1].get_title() == "VAE\nRMSE 1.414"
    assert axes[-1, 0].get_xlabel() == "x (path units)" and axes[0, 0].get_ylabel() == "y (path units)"
    for row, truth, predicted in zip(axes, paths, models["SVGP-VAE"], strict=False):
        np.testing.assert_allclose(line(row[2], "true path").get_xydata(), truth)
        np.testing.assert_allclose(line(row[2], "predicted path").get_xydata(), predicted)
    assert to_hex(line(axes[0, 1], "true path").get_color()) == BLUE.lower()
    assert to_hex(line(axes[0, 1], "predicted path").get_color()) == ORANGE.lower()


def test_trajectories_titles_have_the_metric_of_the_evaluation(ball):
    frames, paths = ball
    fit = affine_fit(np.random.default_rng(1).normal(size=(B, T, 2)), paths)
    figure = plotting.trajectories(frames, paths, {"m": fit.aligned})
    assert figure.axes[1].get_title() == f"m\nRMSE {fit.rmse:.3f}"
    assert len(figure.axes) == 2 * B  # fewer videos than rows asked for


@pytest.mark.parametrize("position", [(1.3, -0.8), (-1.0, 1.9)])
def test_ball_and_path_lie_at_the_same_place(position):
    path = np.full((1, 1, 2), position, np.float32)
    frames = MovingBall().render(path).numpy()
    axis = plotting.trajectories(frames, path, {"m": path}).axes[0]
    (image,) = axis.images
    left, right, bottom, top = image.get_extent()
    rows, columns = np.nonzero(image.get_array() > 0)
    x = left + (np.mean(columns) + 0.5) * (right - left) / 32
    y = top + (np.mean(rows) + 0.5) * (bottom - top) / 32
    np.testing.assert_allclose([x, y], position, atol=0.08)  # half a pixel
    assert axis.get_ylim()[0] > axis.get_ylim()[1]  # down, in all panels
    assert axis.get_ylim() == plotting.trajectories(frames, path, {"m": path}).axes[1].get_ylim()


def test_overlay_shades_by_time():
    frames = np.zeros((3, 2, 2, 1))
    frames[0, 0, 0] = frames[1, 0, 1] = frames[2, 1, :] = 1.0
    image = plotting.overlay(frames)
    assert 0 < image[0, 0] < image[0, 1] < image[1, 0] == image[1, 1] == 1.0


def test_rmse_against_inducing_points(tmp_path):
    points = {15: [0.4, 0.5], 5: [0.9, 1.1], 10: [0.6]}
    figure = drawn(plotting.rmse_against_inducing_points(points, {"GP-VAE": [0.4], "VAE": [1.1, 1.3]}), tmp_path)
    (axis,) = figure.axes
    (bars,) = axis.containers
    np.testing.assert_allclose(bars.lines[0].get_xydata(), [[5, 1.0], [10, 0.6], [15, 0.45]])
    np.testing.assert_allclose(line(axis, "GP-VAE").get_ydata(), 0.4)
    np.testing.assert_allclose(line(axis, "VAE").get_ydata(), 1.2)
    assert len(axis.patches) == 1  # a band for the baseline with two seeds
    assert [text.get_text() for text in axis.get_legend().texts] == ["SVGP-VAE", "GP-VAE", "VAE"]
    assert axis.get_xlabel() == "inducing points m" and "path units" in axis.get_ylabel()


def test_length_scales(tmp_path):
    values = np.array([[5.0, 4.8], [3.0, 3.1], [2.0, 2.2]])
    figure = drawn(plotting.length_scales({"m = 5": (STEPS, values), "m = 15": (STEPS, values / 2)}, 2.0), tmp_path)
    (axis,) = figure.axes
    curves = [each for each in axis.lines if each.get_label() == "_m = 15"]
    np.testing.assert_allclose(np.stack([each.get_ydata() for each in curves], -1), values / 2)
    np.testing.assert_allclose(line(axis, "true value 2").get_ydata(), 2.0)
    assert axis.get_ylabel() == "length scale (frames)" and axis.get_xlabel() == "training step"
    labels = [text.get_text() for text in figure.legends[0].texts]
    assert labels == ["m = 5", "m = 15", "true value 2", "channel x", "channel y"]


@pytest.mark.parametrize("starts", [1, 3])
def test_inducing_points(tmp_path, starts):
    positions = np.array([[1.0, 2.0], [4.0, 9.0], [8.0, 33.0]])
    histories = {f"start {k}": (STEPS, positions) for k in range(starts)}
    figure = drawn(plotting.inducing_points(histories, 30), tmp_path)
    assert [axis.get_title() for axis in figure.axes] == list(histories)
    axis = figure.axes[-1]
    np.testing.assert_allclose(axis.lines[1].get_xydata(), np.stack([positions[:, 1], STEPS], -1))
    np.testing.assert_allclose(line(axis, "final position").get_xydata(), [[8, 30], [33, 30]])
    assert axis.get_xlim() == (0, 33) and axis.get_xlabel() == "time (frame)"
    assert figure.axes[0].get_ylabel() == "training step"


def test_training_curves(tmp_path):
    columns = history(part_a=[-1.0, -3, -4], part_b=[-2.0, 2, 2], skipped=[0, 2, 3])
    figure = drawn(plotting.training_curves(columns, ("part_a", "part_b"), unit="nats per video"), tmp_path)
    bound, error = figure.axes
    assert [each.get_label() for each in bound.lines] == ["ELBO", "reconstruction", "regularizer", "part a", "part b"]
    np.testing.assert_allclose(line(bound, "ELBO").get_xydata(), [[10, -9], [20, -5], [30, -4]])
    np.testing.assert_allclose(error.lines[0].get_ydata(), [1.2, 0.8, 0.5])
    assert bound.get_ylabel() == "nats per video" and "path units" in error.get_ylabel()
    assert "3 steps skipped" in bound.get_title()


@pytest.mark.parametrize(
    "file, part_names",
    [
        (
            "fgp_s0_FGPVAE.csv",
            (
                "local_log_marginal_likelihood",
                "local_cross_entropy",
                "global_log_marginal_likelihood",
                "global_cross_entropy",
            ),
        ),
        ("gppvae_s0_GPVAE_Casale.csv", ("log_prior", "entropy")),
    ],
)
def test_training_curves_draws_the_parts_of_stored_logs(file, part_names):
    log = read_history(Path(__file__).parents[2] / "results" / "rotated_mnist" / file)
    (bound,) = plotting.training_curves(log, part_names, unit="nats per object").axes
    assert [each.get_label() for each in bound.lines[3:]] == [name.replace("_", " ") for name in part_names]
    np.testing.assert_allclose(sum(each.get_ydata() for each in bound.lines[3:]), log["regularizer"], rtol=5e-3)
    assert bound.get_ylabel() == "nats per object"


@pytest.mark.parametrize("extra", [{"kl": [-3.0, -1.0, -2.0]}, {"lr": [1.0] * 3, "kl": [7.0] * 3}, {"kl": [0.0] * 3}])
def test_training_curves_draws_no_single_part_and_no_other_column(extra):
    bound = plotting.training_curves(history(**extra), ("kl",), unit="nats").axes[0]
    assert len(bound.lines) == 3 and "skipped" not in bound.get_title()


def test_training_curves_of_one_epoch_shows_points(tmp_path):
    only = {name: values[:1] for name, values in history().items() if name != "test_rmse"}
    (bound,) = drawn(plotting.training_curves(only, (), unit="nats"), tmp_path).axes
    assert all(each.get_marker() == "o" for each in bound.lines)


def test_training_curves_cuts_off_the_first_tenth():
    reconstruction = np.r_[-13000.0, np.full(9, -2.0)]
    columns = {"step": np.arange(10), "regularizer": np.full(10, -1.0), "elbo": reconstruction - 1}
    bound = plotting.training_curves({**columns, "reconstruction": reconstruction}, (), unit="nats").axes[0]
    assert -5 < bound.get_ylim()[0] < -3 and bound.get_ylim()[1] > -1


def test_show_opens_a_window_for_every_picture(tmp_path, monkeypatch):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    windows = []
    monkeypatch.setattr(pyplot, "show", lambda: windows.extend(pyplot.get_figlabels()))
    paths = [plotting.save(Figure(), tmp_path / f"{name}.png") for name in ("curves", "latents")]
    plotting.show(paths)
    pyplot.close("all")
    assert windows == ["curves", "latents"]


def test_latent_grid(tmp_path):
    truth = circle_path(19)
    frames = MovingBall(num_frames=19).render(truth).numpy()
    figure = drawn(plotting.latent_grid(frames, truth, truth * 1.1), tmp_path)
    left, right = figure.axes
    np.testing.assert_allclose(line(right, "true position").get_xydata(), truth)
    np.testing.assert_allclose(line(right, "encoder mean, aligned").get_xydata(), truth * 1.1, rtol=1e-6)
    assert len(left.images) == 1 and left.get_xlim() == right.get_xlim()


@pytest.mark.parametrize("channels", [1, 3])
def test_video_strip(rng, tmp_path, channels):
    frames, model = rng.uniform(size=(2, T, 8, 8, channels))
    figure = drawn(plotting.video_strip(frames, model, num=3), tmp_path)
    (axis,) = figure.axes
    assert [text.get_text() for text in axis.get_xticklabels()] == ["1", "3", "5"]
    picture = np.asarray(axis.images[0].get_array())
    for row, images in enumerate((frames, model)):
        for column, index in enumerate((0, 2, 4)):
            top, left = 10 * row + 1, 10 * column + 1  # cells of 8 x 8 with gaps of 2
            np.testing.assert_allclose(picture[top : top + 8, left : left + 8], np.squeeze(images[index]))
    assert [text.get_text() for text in axis.get_yticklabels()] == ["true", "model"]


def test_no_pyplot_figure_is_left_behind(ball):
    import matplotlib.pyplot as plt

    plotting.trajectories(*ball, {"m": ball[1]})
    assert plt.get_fignums() == []
