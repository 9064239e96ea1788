"""The pages of the API reference, for `mkdocs build`: one for each public module, made of its docstrings."""

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import gpvae_tf

_MODULES = [name for name in gpvae_tf.__all__ if name.islower() and name != "load_model"]
_FOLDER = "docs/api"


def on_config(config: MkDocsConfig) -> None:
    """Lists the pages in the navigation, after those of mkdocs.yml."""
    config.nav.append({"API": [{f"gpvae_tf.{name}": f"{_FOLDER}/{name}.md"} for name in _MODULES]})


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Adds the pages."""
    for name in _MODULES:
        content = f"# gpvae_tf.{name}\n\n::: gpvae_tf.{name}\n"
        files.append(File.generated(config, f"{_FOLDER}/{name}.md", content=content))
