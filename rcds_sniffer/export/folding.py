"""Folds a line to a width in terminal cells: at white space, and between Chinese, Japanese and Korean characters.

rich folds at white space only, so a Chinese sentence, which has none, would always begin on a line of its own
behind the sender's name. Closing punctuation does not begin a line, opening punctuation does not end one (the
core of JIS X 4051 and of GB/T 15834); joined emoji stay together. A word longer than a line is cut.
"""

from rich.cells import get_character_cell_size
from rich.text import Text

NOT_FIRST = frozenset(
    "、。,.，．:;：；!?！？)]}）］｝」』】〉》〕”’…ー～・%％々ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
)
NOT_LAST = frozenset("([{（［｛「『【〈《〔“‘")
JOINER = "\u200d"
SKIN_TONES = range(0x1F3FB, 0x1F400)


def fold(line: Text, first: int, rest: int) -> list[Text]:
    """``line``, which has no line breaks, in parts: the first at most ``first`` cells wide, the others ``rest``."""
    plain = line.plain
    cells = [get_character_cell_size(char) for char in plain]
    cuts: list[int] = []
    start, width, room = 0, 0, first
    possible = 0
    for index, char in enumerate(plain):
        if width + cells[index] > room and char != " ":
            start = possible if possible > start else index
            cuts.append(start)
            width, room = sum(cells[start:index]), rest
        width += cells[index]
        if _may_break(plain, cells, index + 1):
            possible = index + 1
    parts = line.divide(cuts)
    for part in parts:
        part.rstrip()
    return list(parts)


def _may_break(plain: str, cells: list[int], at: int) -> bool:
    """Whether a new line may begin at the character ``at``."""
    if at >= len(plain):
        return False
    before, after = plain[at - 1], plain[at]
    if before == " ":
        return after != " "
    if cells[at] == 0 or before == JOINER or ord(after) in SKIN_TONES or after in NOT_FIRST or before in NOT_LAST:
        return False
    return cells[at] == 2 or cells[at - 1] == 2
