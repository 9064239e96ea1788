"""The share of generated images that are nearest to the variant they should have."""

import itertools

import numpy as np
import pytest

from gpvae_tf.evaluation.styles import share_of_right_styles

COMBINATIONS = np.array(list(itertools.product(range(2), range(3))))  # two bodies, three kinds of hair
CHARACTERS, POSES = np.array([4, 1]), np.array([[0, 2, 3], [1, 1, 0]])


@pytest.fixture
def frames(rng):
    return rng.integers(0, 256, (6, 4, 2, 2, 3), np.uint8)


def shares(images, frames, **changes):
    given = {"attributes": COMBINATIONS, "characters": CHARACTERS, "poses": POSES, **changes}
    return share_of_right_styles(images / 256, frames, **given)


def test_the_truth_is_right_and_another_variant_is_wrong_in_its_attribute_only(frames):
    truth = frames[CHARACTERS[:, None], POSES].astype(float)
    np.testing.assert_array_equal(shares(truth, frames), [1.0, 1.0])
    other_hair = frames[np.array([[3], [1]]), POSES].astype(float)  # character 4 is (1, 1); 3 is (1, 0)
    found = shares(other_hair, frames)
    assert found[1] == 0.5  # the other character's are right
    one_image = truth.copy()
    one_image[1, 2] = frames[4, 0]  # character 1 is (0, 1); 4 has another body
    np.testing.assert_allclose(shares(one_image, frames), [5 / 6, 1.0])


def test_the_nearest_counts(frames):
    """Halfway to another body and a little less."""
    truth, other = (frames[row, 0].astype(float) for row in (4, 1))
    options = dict(characters=np.array([4]), poses=np.array([[0]]))
    for weight, expected in ((0.49, 1.0), (0.51, 0.0)):
        image = (1 - weight) * truth + weight * other
        assert shares(image[None, None], frames, **options)[0] == expected


def test_what_is_refused(frames):
    with pytest.raises(ValueError, match=r"generated has shape \(2, 2, 2, 2, 3\); expected \[2, 3, 2, 2, 3\]"):
        shares(np.zeros((2, 2, 2, 2, 3)), frames)
    with pytest.raises(ValueError, match="attributes has 5 different combinations of 6"):
        shares(np.zeros((2, 3, 2, 2, 3)), frames, attributes=COMBINATIONS[[0, 1, 2, 3, 5, 5]])
