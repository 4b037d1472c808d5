"""What people send each other by MSG, other than texts and typing notices: one function for each content type.

Reference 5.3. Each type has one form in all versions that have it; the module that reads it says from which on.
What SDG carries in MSNP21, and UUM and UBM between networks, comes here too. ``application/x-msnmsgrp2p`` is a
protocol of its own: :mod:`msnp.p2p`.
"""

from collections.abc import Callable, Mapping

from msnp.bodies import Body, Speaker, speaker_of
from msnp.datacast import tell_datacast
from msnp.emoticons import emoticons_in, learn_emoticons, tell_emoticons
from msnp.events import ContactLearnt, ProfileLearnt
from msnp.ink import tell_ink
from msnp.invitations import learn_invitation, tell_invitation
from msnp.p2p.calls import Calls
from msnp.state import State
from msnp.utterances import Origin, TextMessage, text_message

_OTR = b"?OTR"
_OTR_KINDS = {b":": "encrypted", b",": "encrypted", b"|": "encrypted", b"v": "offers", b"?": "offers"}
"""By the octet behind the mark: a message, or a part of one; an offer to go on encrypted."""
_LOGS = {"y": True, "n": False}


def tell_content(state: State, origin: Origin, body: Body) -> None:
    """One message of a content type that is no plain text's; of unknown ones only that there was one."""
    kind = body.content.headers.type or ""
    tell = _TELLERS.get(kind)
    if tell is not None:
        tell(state, origin, body)
    else:
        state.counters[f"content {kind if kind in _COUNTED else 'other'}"] += 1


def learn_content(state: State, speaker: Speaker, body: Body) -> None:
    """Of a message that nobody asks for, what later ones refer to; the content type is one of :data:`TEACHING`."""
    if body.content.headers.type == _INVITATION:
        learn_invitation(state, speaker, body)
    else:
        learn_emoticons(state, speaker, body)


def text_extra(state: State, origin: Origin, event: TextMessage) -> Mapping[str, object] | None:
    """What else is known of a text: its custom emoticons, its encryption, its headers of offline delivery."""
    extra: dict[str, object] = {}
    headers = event.content.headers
    if not headers.simple:
        extra |= {name: value for name, key in _HEADERS if (value := headers.get(key)) is not None}
    opening = event.content.opening()
    if opening.startswith(_OTR) and (how := _OTR_KINDS.get(opening[4:5])) is not None:
        extra["encrypted" if how == "encrypted" else "encryption_offered"] = "otr"
    elif state.emoticons is not None and (used := emoticons_in(state, speaker_of(origin), event.text)):
        extra["emoticons"] = used
    return extra or None


def _tell_client(state: State, origin: Origin, body: Body) -> None:
    """``Client-Name`` and ``Chat-Logging: Y|N`` of third-party clients: about whoever sends it."""
    fields = body.fields()
    told: dict[str, object] = {}
    if "client-name" in fields:
        told["client"] = fields["client-name"]
    if "chat-logging" in fields:
        said = fields["chat-logging"].strip()
        told["chat_logging"] = _LOGS.get(said.lower(), said)
    if not told:
        state.counters[f"content {body.content.headers.type}"] += 1
    elif origin.sender is None:
        state.emit(ProfileLearnt(mark=origin.mark, from_client=True, details=told))
    else:
        for ordinal, (name, value) in enumerate(told.items()):
            state.emit(
                ContactLearnt(
                    mark=origin.mark,
                    from_client=False,
                    ordinal=ordinal,
                    account=origin.sender,
                    by_contact=True,
                    details={"action": "property", "property": name, "value": value},
                )
            )


def _tell_simp(state: State, origin: Origin, body: Body) -> None:
    """Simp's texts and keys: a message of which only the fact can be read, and what its headers say of it."""
    event = text_message(origin, body.content)
    headers = body.content.headers
    said = {name: value for name, key in _SIMP if (value := headers.get(key)) is not None}
    event.extra = {"encrypted": "simp", **({"encryption": said} if said else {})}
    state.emit(event)


def _tell_p2p(state: State, origin: Origin, body: Body) -> None:
    """A packet of what clients send each other past the server's understanding."""
    calls_of(state).take(origin, body.content)


def calls_of(state: State) -> Calls:
    """What goes from peer to peer on this connection."""
    if state.p2p is None:
        state.p2p = Calls(state)
    calls: Calls = state.p2p
    return calls


_INVITATION = "text/x-msmsgsinvite"
_TELLERS: dict[str, Callable[[State, Origin, Body], None]] = {
    "text/x-msnmsgr-datacast": tell_datacast,
    "text/x-mms-emoticon": tell_emoticons,
    "text/x-mms-animemoticon": tell_emoticons,
    _INVITATION: tell_invitation,
    "application/x-msnmsgrp2p": _tell_p2p,
    "application/x-ms-ink": tell_ink,
    "image/gif": tell_ink,
    "text/x-clientcaps": _tell_client,
    "text/x-clientinfo": _tell_client,
    "text/x-secway": _tell_simp,
}
TEACHING = frozenset({"text/x-mms-emoticon", "text/x-mms-animemoticon", _INVITATION})
"""Content types without which later messages say less."""
_COUNTED = frozenset({"text/x-keepalive"})
_SIMP = (("step", "messagetype"), ("program", "via"), ("recipient", "rcpt"))
_HEADERS = (("dest_agent", "dest-agent"), ("roster", "roster"))
