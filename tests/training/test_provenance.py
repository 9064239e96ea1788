import re

from gpvae_tf.training.provenance import git_commit


def test_git_commit_is_a_hash_or_unknown():
    assert re.fullmatch(r"[0-9a-f]{7,}(-dirty)?|unknown", git_commit())
