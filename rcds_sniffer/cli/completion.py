"""Shell completion: prints the script that click makes for a shell."""

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    Examples:
      rcds-sniffer completion bash > ~/.local/share/bash-completion/completions/rcds-sniffer
      rcds-sniffer completion zsh  > ~/.zfunc/_rcds-sniffer
      rcds-sniffer completion fish > ~/.config/fish/completions/rcds-sniffer.fish
    """
    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(ctx.find_root().command, {}, "rcds-sniffer", "_RCDS_SNIFFER_COMPLETE").source())
