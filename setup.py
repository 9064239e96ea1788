"""gpvae_tf: Gaussian-process and structured-prior variational autoencoders in TensorFlow 2."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
# tf-keras must have TensorFlow's minor version; TFDS 4.9.10 needs importlib_resources but does not name it.
REQUIRED = [
    "absl-py>=2.0",
    "importlib_resources>=6.0",
    "matplotlib>=3.8",
    "numpy>=1.26",
    "pandas>=2.2",
    "pillow>=10.1",
    "pyarrow>=15.0",
    "scipy>=1.11",
    "tensorboard>=2.20",
    "tensorflow-datasets>=4.9.10,<4.10",
    "tensorflow-probability>=0.25,<0.26",
    "tensorflow==2.21.*",
    "tf-keras==2.21.*",
]

setup(
    name="gpvae_tf",
    version="0.1.0",
    description=__doc__.strip(),
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    packages=find_packages(include=["gpvae_tf", "gpvae_tf.*"]),
    package_data={"gpvae_tf": ["py.typed"]},
    python_requires=">=3.10,<3.13",
    install_requires=REQUIRED,
    extras_require={
        "gpu": ["tensorflow[and-cuda]==2.21.*"],
        "netcdf": ["netCDF4>=1.6.5", "xarray>=2024.1"],
        "dev": [
            "hypothesis>=6.100",
            "mypy>=1.10",
            "pytest>=8.0",
            "pytest-xdist>=3.5",
            "pyyaml>=6.0",
            "ruff>=0.6",
            "scikit-learn>=1.4",
            "scoringrules>=0.7",
        ],
    },
    entry_points={"console_scripts": ["gpvae = gpvae_tf.cli.main:main"]},
)
