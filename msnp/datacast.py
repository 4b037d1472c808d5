"""Datacasts: nudges, winks, voice clips, actions (reference 5.3).

The form is the same in every version: ``ID: n``, and for some a ``Data:`` line. 1 is a nudge; 2 a wink, 3 a voice
clip (clients of MSNP12 and later), each with the MSNObject (MSNP9 and later) by which the others fetch it; 4 an
action, with its text. Other numbers are programs' own, and only counted.
"""

from msnp.bodies import Body
from msnp.frames import to_number
from msnp.msnobject import parse_msnobject
from msnp.state import State
from msnp.utterances import Origin, action_text, nudge, sending

_NUDGE, _ACTION = 1, 4
_OBJECTS = {2: "wink", 3: "voice-clip"}
_MOST_KEPT = 999
"""Numbers above are counted together."""


def tell_datacast(state: State, origin: Origin, body: Body) -> None:
    """One datacast; the data of winks, voice clips and actions stand on its second line."""
    fields = body.fields()
    number = to_number(fields.get("id", "").encode())
    data = fields.get("data", "")
    if number == _NUDGE:
        state.emit(nudge(origin, body.content))
    elif number == _ACTION:
        state.emit(action_text(origin, body.content, data))
    elif number in _OBJECTS:
        found = parse_msnobject(data)
        details: dict[str, object] = {"object": found} if found is not None else {"unread": "no MSNObject"}
        details |= body.losses()
        state.emit(sending(origin, body.content, _OBJECTS[number], details, None, body.identity))
    else:
        known = number is not None and number <= _MOST_KEPT
        state.counters[f"content text/x-msnmsgr-datacast {number if known else 'other'}"] += 1
