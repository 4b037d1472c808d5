"""What can go wrong with a capture, as the user is told it.

Takes nothing; gives one family, :class:`CaptureError`. Every message is one line that says what is wrong and how
to mend it, and may be shown as it is. A capture that is cut off is none of these: what came before the cut
counts, so it is a value (:class:`capture.source.Truncation`).
"""


class CaptureError(Exception):
    """A capture cannot be opened, filtered or read."""


class NoSuchFile(CaptureError):  # noqa: N818 - read in a sentence: "except NoSuchFile"
    """Nothing has this name, or what has it cannot hold a capture (a directory, a device, a terminal)."""


class NotReadable(CaptureError):  # noqa: N818 - as above
    """The file is there and may not or cannot be read."""


class NotWritable(CaptureError):  # noqa: N818 - as above
    """A file that packets should be written to cannot be."""


class NotACapture(CaptureError):  # noqa: N818 - as above
    """The file is empty or holds something else."""


class Unsupported(CaptureError):  # noqa: N818 - as above
    """A capture of a kind that is not read, or a library that would read it is missing."""


class BadFilter(CaptureError):  # noqa: N818 - as above
    """libpcap does not accept the filter for the link type."""


class GivenTwice(CaptureError):  # noqa: N818 - as above
    """The same file, interface or standard input stands twice among the names."""


class NoSuchInterface(CaptureError):  # noqa: N818 - as above
    """No network interface has this name."""


class NotUp(CaptureError):  # noqa: N818 - as above
    """The interface is there and down: nothing can be heard on it."""


class NotPermitted(CaptureError):  # noqa: N818 - as above
    """The user may not capture on interfaces."""


class Closed(CaptureError):  # noqa: N818 - as above
    """The source was used after ``close()``."""


class Unreachable(CaptureError):  # noqa: N818 - as above
    """An interface was made anew, and this process has given up the right to open it: another one can."""
