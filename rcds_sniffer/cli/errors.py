"""What goes wrong, as a user meets it: one clear line on standard error, and an exit code.

0 fine · 1 it ran, but something was lost · 2 the user's mistake · 130 interrupted, after a clean flush.
"""

import click

OK = 0
LOST = 1
USER_ERROR = 2
INTERRUPTED = 130


class OneLine(click.ClickException):
    """Whatever ends the program with one line."""

    def show(self, file: object = None) -> None:
        """Print the one line."""
        del file
        click.echo(f"rcds-sniffer: {self.format_message()}", err=True)


class UserError(OneLine):
    """Something that the user can mend; the message says how."""

    exit_code = USER_ERROR


class RunError(OneLine):
    """The run broke off; what was stored before stays stored."""

    exit_code = LOST
