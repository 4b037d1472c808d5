"""Texts that people sent, and texts made to break a reader.

Gives strings; every one of them must come out of a capture exactly as it stands here.
"""

EVERYDAY = (
    "hi",
    "ok",
    "you there?",
    "see you at 5",
    "你好,吃饭了吗?",
    "明天见!",
    "今日は雨ですね。",
    "오늘 뭐 해?",
    "Привет, как дела?",
    "مرحبا، كيف حالك؟",
    "שלום, מה נשמע?",
    "สวัสดีครับ",
    "café ☕ naïve ½ €",
    "👍",
    "👨‍👩‍👧‍👦 🇨🇳 🏳️‍🌈 😀",
    ":-) :D (L) :P",
)

HOSTILE = (
    "  leading and trailing   ",
    "\ttab\t",
    "\r\nstarts with a line end",
    "ends with line ends\r\n\r\n",
    "first\r\nsecond\r\n\r\nafter a blank line",
    "line feed only\nsecond",
    "carriage return only\rsecond",
    "MSG 9 N 5",
    "BYE x@y",
    "\r\nBYE bob@example.com\r\nOUT\r\n",
    "MSG 9 N 5\r\nhello",
    "ACK 4\r\nNAK 5\r\nJOI mallory@example.net Mallory 0\r\n",
    "\r\nMSG mallory@example.net Mallory 65\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=UTF-8\r\n\r\nyes",
    "MIME-Version: 1.0\r\nContent-Type: text/x-msmsgscontrol\r\nTypingUser: mallory@example.net\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    "[b]bold[/b] [c=4]colour[/c] ·$4,1text",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07",
    "nul \x00 bell \x07 delete \x7f",
    "\u202egnp.exe\u202c right to left",
    "zero\u200bwidth \ufeff mark",
    "e\u0301 not é",
    "=cmd|' /C calc'!A0",
    "+1-2",
    "@SUM(A1:A9)",
    "\"quoted\", comma; and 'more'",
    "<b>&amp;</b> %41 %0d%0a \\n \\0",
    "{'json': \"no\"}\u2028next\u2029",
    "🀄️𠮷𝔘𝕟𝕚",
    "?OTR:AAMDJ+MVmSfjFZcAAAAAAQAAAAIAAADA.",
    "",
    " ",
    "\r\n",
)

NAMES = (
    "Bob & Alice <dev>",
    "鲍勃 Bob",
    "100% =cmd|calc",
    "a\r\nBYE alice@example.org",
    "\x1b[2Jclear",
    "\u202eecila",
    "(brb) [c=3]Carol[/c]",
    "John%20Doe",
    "🐍 snake",
)
"""Display names; percent-encoded on the line."""

LOOKALIKES = b"\r\nMSG 9 N 5\r\nhello\r\n\r\nBYE bob@example.com\r\nMSG bob@example.com Bob 3\r\nabc\x00\xff\r\n"
"""What stands inside file data."""
