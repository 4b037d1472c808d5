"""What the register refuses, each in one line that says how to mend it. No message names a target."""


class RegisterError(Exception):
    """The register cannot do what was asked."""


class NotPermitted(RegisterError):  # noqa: N818 - as a person would say it
    """The person has no role that permits it; the log says that it was tried."""
