"""The compiled parts. The project installs without one that cannot be built, and says so to whoever asks for it."""

from Cython.Build import cythonize
from setuptools import Extension, setup

EXTENSIONS = [
    Extension("reassembly.nids", ["reassembly/nids.pyx"], libraries=["nids", "pcap"], optional=True),
]

setup(ext_modules=cythonize(EXTENSIONS, build_dir="build/cython"))
