"""What is compiled, and when: docs/decisions/011-compiled-modules.md.

A wheel (``pip install .``, ``python -m build``) brings `BINDINGS`, which are Cython, and `COMPILED`, which are
Python that is compiled as it is. An editable install and ``build_ext --inplace`` bring the bindings alone: a
compiled module would shadow the file that one edits. Nothing here stops an installation: what cannot be built is
left out, and the program says what it lacks.
"""

import os
import tempfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, ExecError

COMPILED = (
    "msnp.accounts",
    "msnp.commands",
    "msnp.frames",
    "msnp.framing",
    "msnp.handlers_login",
    "msnp.handlers_messages",
    "msnp.handlers_presence",
    "msnp.handlers_switchboard",
    "msnp.lines",
    "msnp.mark",
    "msnp.mime",
    "msnp.octets",
    "msnp.plain",
    "msnp.resync",
    "msnp.session",
    "msnp.state",
    "msnp.text",
    "msnp.utterances",
    "rcds_sniffer.back",
    "rcds_sniffer.counting",
    "rcds_sniffer.events",
    "rcds_sniffer.front",
    "rcds_sniffer.orders.in_force",
    "rcds_sniffer.orders.warrant",
    "rcds_sniffer.protocols.msn.decoder",
    "rcds_sniffer.protocols.msn.line",
    "rcds_sniffer.protocols.msn.translation",
    "rcds_sniffer.records.building",
    "rcds_sniffer.records.conversation",
    "rcds_sniffer.records.conversations",
    "rcds_sniffer.records.echoes",
    "rcds_sniffer.records.happening",
    "rcds_sniffer.records.json_form",
    "rcds_sniffer.records.ledger",
    "rcds_sniffer.records.muting",
    "rcds_sniffer.records.ordering",
    "rcds_sniffer.records.queue",
    "rcds_sniffer.records.record",
    "rcds_sniffer.records.recorder",
    "rcds_sniffer.records.roster",
    "rcds_sniffer.records.steady",
    "rcds_sniffer.store.codec",
    "rcds_sniffer.workers.packing",
    "reassembly.assembler",
    "reassembly.connection",
    "reassembly.copies",
    "reassembly.counters",
    "reassembly.delivery",
    "reassembly.events",
    "reassembly.headers",
    "reassembly.lifecycle",
    "reassembly.native",
    "reassembly.plain",
    "reassembly.plausibility",
    "reassembly.reception",
    "reassembly.sequence",
    "reassembly.strays",
    "reassembly.table",
    "reassembly.timers",
    "reassembly.waits",
)  # fmt: skip
"""Modules of the hot path, one a line: each runs uncompiled too; beside some of them stand their C types (.pxd)."""

BINDINGS = {
    "capture.block": [],
    "capture.libpcap": ["pcap"],
    "capture.records": ["pcap"],
    "reassembly.nids": ["nids", "pcap"],
}
"""Modules in Cython's own language (.pyx), each with the libraries of the system that it needs."""


class BuildExtensions(build_ext):
    """Translates to C only when something is built, so that no source distribution has the generated files."""

    def finalize_options(self) -> None:
        """Leave out, where modules are built among their sources, those that would hide a source."""
        if self.inplace or self.editable_mode:
            kept = [extension for extension in self.distribution.ext_modules if extension.name in BINDINGS]
            self.distribution.ext_modules = kept
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def build_extensions(self) -> None:
        """Python or Cython to C, C to machine code; nothing where that has no prospect."""
        if not self._can_compile():
            self.warn("no C compiler, or no Python.h: nothing is compiled")
            return
        from Cython.Build import cythonize  # noqa: PLC0415 - what only asks for the version needs no Cython

        sources = [Extension(extension.name, extension.sources) for extension in self.extensions]
        directory = os.path.relpath(os.path.join(self.build_temp, "cython"))
        directives = {"language_level": 3}
        made = cythonize(sources, build_dir=directory, compiler_directives=directives, nthreads=self.parallel)
        generated = {extension.name: extension.sources for extension in made}
        for extension in self.extensions:
            extension.sources = generated[extension.name]
        super().build_extensions()

    def _can_compile(self) -> bool:
        """Translating what then no compiler takes would be a minute for nothing."""
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "trial.c")
            source.write_text("#include <Python.h>\n")
            try:
                self.compiler.compile([str(source)], output_dir=folder)
            except (CompileError, ExecError):
                return False
        return True


def extension(name: str, suffix: str, libraries: list[str]) -> Extension:
    """One module, which may fail to build."""
    source = name.replace(".", "/") + suffix
    flags = ["-O2", "-g0"]
    return Extension(name, [source], libraries=libraries, extra_compile_args=flags, optional=True)


bindings = [extension(name, ".pyx", libraries) for name, libraries in BINDINGS.items()]
compiled = [extension(name, ".py", []) for name in COMPILED]

setup(ext_modules=bindings + compiled, cmdclass={"build_ext": BuildExtensions})
