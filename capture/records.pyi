"""Types of the compiled module; what each means stands in ``records.pyx``."""

from typing import Literal

from capture.block import Block
from capture.bpf import Program
from capture.packet import Packet

class PcapRecords:
    offset: int
    number: int
    ending: str | None
    captured: int
    refused: list[Packet]
    def __init__(
        self,
        descriptor: int,
        name: str,
        *,
        offset: int,
        byte_order: str,
        tick: int,
        head: int,
        lengths_may_be_swapped: bool,
        link_type: int,
    ) -> None: ...
    def use_filter(self, program: Program | Literal[False] | None) -> None: ...
    def read(self, sample: int = 0) -> Block | None: ...
    def close(self) -> None: ...
