"""What the server's numbers and words of refusal mean, in plain words (reference 4.5 and 4.1).

Numbers that several sources explain differently are given by what the explanations share. A number that nobody has
explained has no words: :func:`text_of` gives None.
"""

# fmt: off
ERRORS: dict[int, str] = {
    # --- what was asked for is wrong
    200: "syntax error",
    201: "invalid argument",
    203: "invalid user of another network",
    204: "user of another network cannot be reached",
    205: "no such user",
    206: "domain name missing",
    207: "already signed in",
    208: "invalid account name",
    209: "invalid display name",
    210: "list is full",
    213: "cannot be renamed so",
    215: "already there",
    216: "not on the list",
    217: "not online",
    218: "already in this mode",
    219: "already on the opposite list",
    220: "takes no pages",
    223: "too many groups",
    224: "invalid group",
    225: "not in the group",
    227: "group is not empty",
    228: "group exists already",
    229: "group name too long",
    230: "this group cannot be removed",
    231: "invalid group",
    232: "invalid telephone number",
    233: "invalid telephone number",
    234: "invalid telephone number",
    240: "domain without contacts in a list change",
    241: "invalid list change",
    280: "conversation server failed",
    281: "transfer to the conversation server failed",
    282: "invalid peer-to-peer message",
    283: "unknown type of notification",
    285: "too long",
    300: "required field missing",
    301: "too many results",
    302: "not signed in",
    402: "contact list not accessible",
    403: "contact list not accessible",
    # --- mobile service
    **dict.fromkeys(range(413, 421), "refused by the mobile service or market"),
    # --- the server's own trouble
    500: "internal server error",
    501: "database server error",
    502: "command disabled",
    508: "error of the other network's server",
    509: "page or offline message failed",
    510: "file operation failed",
    511: "error explained in the payload",
    520: "memory allocation failed",
    540: "wrong answer to the server's challenge",
    **dict.fromkeys(range(550, 599), "error of the mobile message service"),
    600: "server is busy",
    601: "server is unavailable",
    602: "peer server is down",
    603: "database connection failed",
    604: "server is going down",
    700: "connection failed",
    707: "connection could not be made",
    710: "invalid client description",
    711: "write failed or operation restricted",
    712: "session is overloaded",
    713: "calls too frequent",
    714: "too many sessions",
    715: "not expected",
    717: "invalid contact file",
    **dict.fromkeys((718, 719, 726), "restricted, or not possible with a user of another network"),
    731: "client description expected first",
    733: "error of an endpoint",
    734: "error of an endpoint",
    800: "changes too frequent",
    # --- login and accounts
    **dict.fromkeys((910, 912, 918, 919, 921, 922), "server is too busy"),
    911: "authentication failed",
    913: "not allowed while appearing offline",
    914: "server is unavailable",
    915: "server is unavailable",
    916: "server is unavailable",
    917: "authentication failed",
    920: "no new users accepted",
    923: "child's account without a parent's consent",
    924: "account is not verified",
    926: "account is suspended or managed",
    927: "account is suspended or managed",
    928: "invalid ticket",
    931: "account is on another server",
    933: "invalid circle membership",
}

REASONS: dict[str, str] = {
    "OTH": "signed in elsewhere",
    "SSD": "server is shutting down",
    "TOU": "terms of use not accepted",
    "MIG": "account is being migrated",
    "RCT": "told to come back later",
}
"""The words of the server's OUT: OTH and SSD in all versions, TOU and MIG from MSNP10, RCT from MSNP11."""
# fmt: on


def text_of(number: int) -> str | None:
    """What an error means; None where nobody knows."""
    return ERRORS.get(number)


def words_of(number: int) -> dict[str, object]:
    """``error`` and, where it is known, ``error_text``, as records have them."""
    text = ERRORS.get(number)
    return {"error": number} if text is None else {"error": number, "error_text": text}
