"""The compiled parts. The project installs without one that cannot be built, and says so to whoever asks for it."""

from Cython.Build import cythonize
from setuptools import Extension, setup

LIBNIDS = Extension("reassembly.nids", ["reassembly/nids.pyx"], libraries=["nids", "pcap"])

extensions = cythonize([LIBNIDS], build_dir="build/cython")
for extension in extensions:
    extension.optional = True  # cythonize drops it where the extensions say it themselves

setup(ext_modules=extensions)
