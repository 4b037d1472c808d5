"""Conversations as one reads them: takes records in any order, gives sections by target, groups by conversation.

Grouping needs the records of a conversation together, so they are held until :meth:`ChatWriter.flush`, up to
:data:`HELD_RECORDS` and :data:`HELD_CHARACTERS`. Beyond either what is held is printed, a line says so, and
grouping begins again. A conversation that goes on after another was printed is headed "continued"; one that goes on
where it was left needs no head, so that a flush after every batch shows conversations as they happen.

No text can pass for a line of the view: continuation lines stand behind a bar, and every name has its
account.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import groupby
from typing import TextIO

from rich.text import Text

from rcds_sniffer.export.folding import fold
from rcds_sniffer.export.phrases import DIM, NAME_LIMIT, console, marks, moment, person, phrase
from rcds_sniffer.export.safe_text import safe
from rcds_sniffer.records.record import CommunicationRecord

HELD_RECORDS = 20_000
HELD_CHARACTERS = 64_000_000
"""Of texts; a text may be a megabyte long."""
TEXT_LIMIT = 10_000
"""Characters of one text; the rest is counted."""
PEOPLE_LIMIT = 12
"""People named at the head of a conversation; the rest is counted."""

BEGUN = 10_000
"""Conversations remembered as begun; one beyond is headed anew when it goes on."""

INDENT = 11  # 10:15:03 ▸ Alice
RULE_WIDTH = 80
NARROWEST = 40


class ChatWriter:
    """Writes records as conversations."""

    def __init__(self, stream: TextIO, *, width: int | None = None, color: bool | None = None) -> None:
        self._console = console(stream, width, color)
        known = width is not None or self._console.is_terminal
        self._width = max(NARROWEST, self._console.width) if known else None
        self._held: list[CommunicationRecord] = []
        self._characters = 0
        self._begun: dict[tuple[str | None, str | None], None] = {}
        self._last_group: tuple[str | None, str | None] | None = None
        self._last_target: object = self  # which no target is

    def write(self, records: Iterable[CommunicationRecord]) -> None:
        """Takes a batch; prints when more is held than may be."""
        for record in records:
            if len(self._held) >= HELD_RECORDS or self._characters >= HELD_CHARACTERS:
                count = len(self._held)
                self.flush()
                self._last_group = None
                self._say(Text(f"… {count:,} records shown; grouping begins again with the next", style=DIM))
            self._held.append(record)
            self._characters += len(record.text or "")

    def flush(self) -> None:
        """Prints what is held."""
        held, self._held, self._characters = self._held, [], 0
        held.sort(key=lambda record: (record.time, record.record_id))
        sections: defaultdict[str | None, defaultdict[str | None, list[CommunicationRecord]]]
        sections = defaultdict(lambda: defaultdict(list))
        for record in held:
            sections[record.target][record.conversation_id].append(record)
        for target, groups in sections.items():
            if target != self._last_target:
                self._section(target)
                self._last_target, self._last_group = target, None
            for conversation, records in groups.items():
                group = target, conversation
                if group != self._last_group:
                    self._head(records, continued=group in self._begun)
                self._lines(records)
                self._last_group = group
                self._remember(group)

    def _remember(self, group: tuple[str | None, str | None]) -> None:
        self._begun.pop(group, None)
        self._begun[group] = None
        if len(self._begun) > BEGUN:
            del self._begun[next(iter(self._begun))]

    # --- headings ---

    def _section(self, target: str | None) -> None:
        name = "target unknown" if target is None else safe(target, limit=4 * NAME_LIMIT)
        title = Text(f"━━ {name} ", style="bold")
        title.append("━" * max(2, (self._width or RULE_WIDTH) - title.cell_len))
        self._say(title)
        self._say(Text(f"   ▸ marks what {name} did; times are UTC", style=DIM))

    def _head(self, records: list[CommunicationRecord], *, continued: bool) -> None:
        first = records[0]
        if first.conversation_id is None:
            title = Text("Outside conversations", style="bold")
        else:
            title = Text("Conversation", style="bold")
            people = others(records)
            if people:
                title.append(" with ")
                title.append_text(Text(", ").join(people[:PEOPLE_LIMIT]))
            if len(people) > PEOPLE_LIMIT:
                title.append(f" and {len(people) - PEOPLE_LIMIT} more")
        if continued:
            title.append(" (continued)", style=DIM)
        facts = [f"{moment(first.time):%A %Y-%m-%d}"]
        facts += distinct(record.protocol_version or record.protocol for record in records)
        servers = distinct(record.server for record in records)
        facts.append("server " + ", ".join(servers[:3]) + (" …" if len(servers) > 3 else ""))
        self._say(Text())
        self._say(Text("── ") + title, hanging=3)
        self._say(Text("   " + " · ".join(safe(fact, limit=200) for fact in facts), style=DIM), hanging=3)

    # --- lines ---

    def _lines(self, records: list[CommunicationRecord]) -> None:
        short = short_names(records)
        date = moment(records[0].time).date()
        for _, run in groupby(records, key=same_line):
            alike = list(run)
            record = alike[0]
            when = moment(record.time)
            if when.date() != date:
                date = when.date()
                self._say(Text(f"{'':{INDENT}}─ {date:%A %Y-%m-%d} ─", style=DIM))
            line = body(record, short) + marks(record)
            if len(alike) > 1:
                line.append(f" (×{len(alike)}, until {moment(alike[-1].time):%H:%M:%S})", style=DIM)
            if record.event not in ("message", "action"):
                line.stylize(DIM if record.event == "typing" else "italic")
            mark = "▸" if record.direction == "from-target" else " "
            self._say(Text.assemble((f"{when:%H:%M:%S}", DIM), f" {mark} ") + line, hanging=INDENT)

    def _say(self, text: Text, hanging: int = 0) -> None:
        """Prints ``text``; what folds stands ``hanging`` cells to the right, lines of its own behind a bar."""
        for number, line in enumerate(text.split("\n", allow_blank=True)):
            first = Text.assemble(" " * hanging, ("│ ", DIM)) if number else Text()
            after = first if number else Text(" " * hanging)
            parts = [line]
            if self._width is not None:
                parts = fold(line, self._width - first.cell_len, self._width - after.cell_len)
            for part in parts:
                self._console.print((after if part is not parts[0] else first) + part, soft_wrap=True)


def body(record: CommunicationRecord, short: dict[str, str]) -> Text:
    """A message as ``Alice <alice@example.org> → bob: text``, everything else as a sentence."""
    if record.event != "message":
        return phrase(record, text_limit=TEXT_LIMIT)
    line = person(record, record.sender, record.sender_name)
    if record.recipients:
        named = [short.get(account, account) for account in record.recipients[:PEOPLE_LIMIT]]
        if len(record.recipients) > PEOPLE_LIMIT:
            named.append(f"{len(record.recipients) - PEOPLE_LIMIT} more")
        line.append(" → " + ", ".join(safe(name, limit=NAME_LIMIT) for name in named), style=DIM)
    line.append(": ")
    return line + phrase(record, text_limit=TEXT_LIMIT)


def same_line(record: CommunicationRecord) -> tuple[str, ...]:
    """Equal for neighbours that one line tells: somebody goes on typing."""
    return ("typing", record.sender or "") if record.event == "typing" else ("", record.record_id)


def others(records: list[CommunicationRecord]) -> list[Text]:
    """Everybody in ``records`` but the target, by the name seen last, in the order of appearance."""
    names: dict[str, str | None] = {}
    for record in records:
        for account in (record.sender, *record.recipients):
            if account is not None and account != record.target:
                names.setdefault(account, None)
        if record.sender in names and record.sender_name:
            names[record.sender] = record.sender_name
    return [person(records[0], account, name) for account, name in names.items()]


def short_names(records: list[CommunicationRecord]) -> dict[str, str]:
    """``bob`` for ``bob@example.org`` where nobody else in the conversation is called so."""
    accounts = {account for record in records for account in (record.sender, *record.recipients) if account}
    locals_ = {account: account.partition("@")[0] for account in accounts}
    bearers = Counter(locals_.values())
    return {account: local for account, local in locals_.items() if bearers[local] == 1}


def distinct(values: Iterable[str]) -> list[str]:
    """``values`` once each, in order."""
    return list(dict.fromkeys(values))
