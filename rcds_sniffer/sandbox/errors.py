"""What stands in the way of the sandbox."""


class SandboxError(Exception):
    """The process could not be confined; one line that says what is wrong and how to mend it.

    What was given up by then stays given up: such a process has to end.
    """
