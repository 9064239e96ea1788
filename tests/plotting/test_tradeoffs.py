import warnings

import numpy as np
import pytest

from gpvae_tf import plotting
from tests.plotting.test_curves_and_videos import drawn, line

EPOCHS = np.array([10, 20, 30])


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def legend(figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].texts]


def test_error_against_time_draws_a_labelled_line_per_model(tmp_path):
    points = {"SVGP-VAE": [(1.9, 0.025, "m = 32"), (0.8, 0.045, "m = 8")], "GPPVAE": [(19.1, 0.037, "H = 32")]}
    figure = drawn(plotting.error_against_time(points), tmp_path)
    (axis,) = figure.axes
    np.testing.assert_allclose(line(axis, "SVGP-VAE").get_xydata(), [[1.9, 0.025], [0.8, 0.045]])  # in the order given
    notes = {text.get_text(): text.xy for text in axis.texts}
    np.testing.assert_allclose(notes["m = 8"], [0.8, 0.045])
    np.testing.assert_allclose(notes["H = 32"], [19.1, 0.037])
    assert axis.get_xscale() == "log"
    bottom, top = axis.get_ylim()
    assert 0.02 / (top - bottom) > 0.75  # the points fill the axes
    assert axis.get_xlabel() == "time per epoch (s)" and axis.get_ylabel() == "test MSE (per pixel)"
    assert legend(figure) == ["SVGP-VAE", "GPPVAE"]


def test_error_against_time_is_linear_over_a_small_range():
    (axis,) = plotting.error_against_time({"SVGP-VAE": [(1.0, 0.03, "a"), (2.0, 0.02, "b")]}).axes
    assert axis.get_xscale() == "linear"


def test_labels_of_close_points_do_not_cover_each_other(tmp_path):
    points = {"SVGP-VAE": [(0.234, 0.034, "H = 480"), (0.243, 0.0345, "H = 360"), (0.2, 0.04, "H = 240")]}
    points["GPPVAE"] = [(0.236, 0.0341, "m = 24"), (0.26, 0.03, "m = 32")]
    figure = drawn(plotting.error_against_time(points), tmp_path)
    (axis,) = figure.axes
    boxes = [text.get_window_extent() for text in axis.texts]
    assert len(boxes) == 5 and not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])
    frame = axis.get_window_extent()
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 <= box.y1 <= frame.y1 for box in boxes)


def test_against_data_size(tmp_path):
    points = {
        "SVGP-VAE": [(4050, 0.025, 1.9), (8100, 0.026, 3.8), (40500, 0.027, 19.0)],
        "FGP-VAE": [(3960, 0.037, 1.0)],
    }
    figure = drawn(plotting.against_data_size(points), tmp_path)
    error, time = figure.axes
    images, mse, seconds = np.transpose(points["SVGP-VAE"])
    np.testing.assert_allclose(line(error, "SVGP-VAE").get_xydata(), np.transpose([images, mse]))
    np.testing.assert_allclose(line(time, "SVGP-VAE").get_xydata(), np.transpose([images, seconds]))
    assert line(error, "FGP-VAE").get_color() == line(time, "FGP-VAE").get_color() != line(time, "SVGP-VAE").get_color()
    assert error.get_ylabel() == "test MSE (per pixel)" and time.get_ylabel() == "time per epoch (s)"
    assert error.get_xlabel() == "training images (thousands)"
    assert error.xaxis.get_major_formatter()(40500, None) == "40.5"
    assert error.get_ylim()[0] == time.get_ylim()[0] == 0
    assert legend(figure) == ["SVGP-VAE", "FGP-VAE"]


def test_estimator_bias(tmp_path):
    bias, rms = {"mu": [0.3, 0.1, 0.0], "A": [0.4, 0.2, 0.0]}, {"mu": [0.9, 0.5, 0.0], "A": [0.8, 0.4, 0.0]}
    figure = drawn(plotting.estimator_bias([64, 256, 4050], bias, rms, {"mu": [0.05, 0.02, 0.0]}), tmp_path)
    left, right = figure.axes
    np.testing.assert_allclose(line(left, "mu").get_ydata(), [0.3, 0.1, np.nan])  # no zero on a logarithmic axis
    np.testing.assert_allclose(line(right, "A").get_ydata(), [0.8, 0.4, np.nan])
    np.testing.assert_allclose(line(left, "_noise of mu").get_ydata(), [0.05, 0.02, np.nan])
    assert line(left, "_noise of mu").get_color() == line(left, "mu").get_color()
    assert left.get_xscale() == left.get_yscale() == "log" and left.get_ylim() == right.get_ylim()
    assert [text.get_text() for text in left.get_xticklabels()] == ["64", "256", "4050"]
    assert legend(figure) == ["mu", "A"] and "chance" in left.get_title()
    assert line(left, "mu").get_marker() != line(left, "A").get_marker()  # curves that coincide are told apart


def test_learning_curves_have_the_papers_values_in_the_models_colour(tmp_path):
    curves = {"SVGP-VAE": (EPOCHS, [0.07, 0.04, 0.03]), "CVAE": (EPOCHS[:2], [0.09, 0.08])}
    figure = drawn(plotting.learning_curves(curves, {"SVGP-VAE": 0.0251, "GPPVAE": 0.037}), tmp_path)
    (axis,) = figure.axes
    np.testing.assert_allclose(line(axis, "CVAE").get_xydata(), [[10, 0.09], [20, 0.08]])
    paper = line(axis, "SVGP-VAE, paper: 0.0251")
    np.testing.assert_allclose(paper.get_ydata(), 0.0251)
    assert paper.get_color() == line(axis, "SVGP-VAE").get_color() != line(axis, "CVAE").get_color()
    assert line(axis, "GPPVAE, paper: 0.0370").get_color() not in (paper.get_color(), line(axis, "CVAE").get_color())
    assert axis.get_xlabel() == "epoch" and axis.get_yscale() == "log"
    assert axis.get_ylabel() == "test MSE (per pixel)"


def test_learning_curves_in_panels(tmp_path):
    """Each with a legend of its own models, beside which their papers' values stand; a model keeps its colour."""
    curves = {name: (EPOCHS, [0.07, value, value]) for name, value in (("a", 0.03), ("b", 0.02), ("c", 0.05))}
    panels = {"papers": ("a", "c", "absent"), "none of these": ("absent",), "variants": ("a", "b")}
    figure = drawn(plotting.learning_curves(curves, {"a": 0.0251, "other": 0.1}, panels), tmp_path)
    papers, variants = figure.axes
    texts = lambda axis: [text.get_text() for text in axis.get_legend().texts]
    assert texts(papers) == ["a (0.0251)", "c", "other (0.1000)"] and texts(variants) == ["a (0.0251)", "b"]
    assert [axis.get_title() for axis in figure.axes] == ["papers", "variants"] and not figure.legends
    colours = [line(axis, name).get_color() for axis, name in ((papers, "a"), (variants, "a"), (variants, "b"))]
    assert colours[0] == colours[1] != colours[2]
    bottom, top = variants.get_ylim()
    assert bottom < 0.02 < top < 0.08  # of its own curves and targets
    with pytest.raises(ValueError, match="panels has no place for b, c; it has papers"):
        plotting.learning_curves(curves, panels={"papers": ("a",)})


def test_no_two_models_of_a_panel_look_alike():
    curves = {f"model {i}": (EPOCHS, [0.1, 0.1, 0.1 + i]) for i in range(12)}
    lines = plotting.learning_curves(curves).axes[0].lines
    assert len({(drawn.get_color(), drawn.get_linestyle()) for drawn in lines}) == 12


def test_learning_curves_of_one_epoch_show_a_point(tmp_path):
    figure = drawn(plotting.learning_curves({"CVAE": ([10], [0.08])}), tmp_path)
    assert line(figure.axes[0], "CVAE").get_marker() == "o"


def test_multiplier_curves(tmp_path):
    histories = {"ours": (EPOCHS, [1.0, 50.0, 20.0], [0.05, 0.01, -0.002])}
    histories["as coded"] = (EPOCHS, [1.0, 1e14, 1e30], [0.05, 0.02, 0.01])
    figure = drawn(plotting.multiplier_curves(histories, "MSE - κ² (nats per pixel)"), tmp_path)
    above, below = figure.axes
    np.testing.assert_allclose(line(above, "as coded").get_xydata(), np.transpose(histories["as coded"][:2]))
    np.testing.assert_allclose(line(below, "ours").get_ydata(), [0.05, 0.01, -0.002])
    np.testing.assert_allclose(line(below, "_zero").get_ydata(), 0.0)
    assert above.get_yscale() == "log" and below.get_yscale() == "linear"
    assert below.get_ylabel() == "MSE - κ² (nats per pixel)" and above.get_ylabel() == "multiplier λ"
    assert legend(figure) == ["ours", "as coded"]


@pytest.mark.parametrize(
    "draw, message",
    [
        (lambda: plotting.error_against_time({}), "points is empty"),
        (lambda: plotting.error_against_time({"m": []}), r"points\['m'\] has shape \(0,\)"),
        (lambda: plotting.error_against_time({"m": [(0.0, 0.1, "")]}), r"points\['m'\] has seconds \[0.0\]"),
        (lambda: plotting.against_data_size({}), "points is empty"),
        (lambda: plotting.against_data_size({"m": []}), r"points\['m'\] has shape \(0,\)"),
        (lambda: plotting.against_data_size({"m": [(1, 2)]}), r"points\['m'\] has shape \(1, 2\)"),
        (lambda: plotting.estimator_bias([1, 2], {}, {"mu": [1, 1]}), "bias is empty"),
        (lambda: plotting.estimator_bias([1, 2], {"mu": [1, 1]}, {"mu": [1]}), r"rms\['mu'\] has shape \(1,\)"),
        (lambda: plotting.learning_curves({}), "curves is empty"),
        (lambda: plotting.learning_curves({"m": (EPOCHS, [1.0])}), r"MSE of 'm' has shape \(1,\); expected \[3\]"),
        (lambda: plotting.multiplier_curves({}), "histories is empty"),
        (
            lambda: plotting.multiplier_curves({"m": (EPOCHS, [1.0, 0.0, 1.0], [0.0] * 3)}),
            "multipliers of 'm' must be > 0, the least is 0",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
