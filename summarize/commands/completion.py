"""`summarize completion SHELL`: a script that completes commands, options, choices and models.

The script holds all that it needs: a key press must not wait for Python to start.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from summarize.commands.describe import Command, Option, commands
from summarize.errors import OptionError, did_you_mean

HELP = """Print a completion script for bash, zsh or fish.

Examples:

\b
  summarize completion bash > ~/.local/share/bash-completion/completions/summarize
  summarize completion zsh > "${fpath[1]}/_summarize"
  summarize completion fish > ~/.config/fish/completions/summarize.fish
"""


def completion(
    shell: Annotated[str, typer.Argument(metavar="[bash|zsh|fish]", hidden=True)],
) -> int:
    scripts = {"bash": bash, "zsh": zsh, "fish": fish}
    if shell not in scripts:
        hint = did_you_mean(shell, scripts)
        raise OptionError(f"no completion for {shell!r}{hint or '; use bash, zsh or fish'}")
    print("\n".join(scripts[shell](commands())))
    return 0


def values(option: Option) -> tuple[str, ...]:
    """What can follow the option, where that is known."""
    return model_names() if option.value == "MODEL" else option.choices


def model_names() -> tuple[str, ...]:
    from summarize.models.registry import SHORT_NAMES, SUMMARIZERS

    return (*SUMMARIZERS, *SHORT_NAMES)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


# --- bash --------------------------------------------------------------------------------------


def bash(every: list[Command]) -> Iterator[str]:
    first, *others = every
    yield "# Completion of summarize for bash."
    yield "_summarize() {"
    yield "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}"
    yield "    local command=${COMP_WORDS[1]} words= file"
    yield "    # bash makes three words of --length=short."
    yield '    [[ $current == "=" ]] && current= || [[ $previous == "=" ]] &&'
    yield "        previous=${COMP_WORDS[COMP_CWORD - 2]}"
    yield "    COMPREPLY=()"
    yield f"    case $command in {'|'.join(c.name for c in others)}) ;; *) command= ;; esac"
    yield "    (( COMP_CWORD == 1 )) && command="
    yield '    case "$command:$previous" in'
    for command in every:
        for option in command.options:
            if option.value:
                names = "|".join(f"{command.name}:{flag}" for flag in option.flags)
                yield f"        {names})"
                yield f"            {bash_values(option)} ;;"
    yield '        *) case "$command:$current" in'
    for command in every:
        flags = " ".join(flag for option in command.options for flag in option.flags)
        yield f'            {command.name}:-*) words="{flags}" ;;'
    yield "        esac ;;"
    yield "    esac"
    names = " ".join(command.name for command in others)
    yield f'    (( COMP_CWORD == 1 )) && [[ $current != -* ]] && words="{names}"'
    yield '    [[ $command == completion ]] && words="bash zsh fish"'
    yield '    COMPREPLY=($(compgen -W "$words" -- "$current"))'
    yield "    if [[ $current != -* ]]; then"
    yield "        while IFS= read -r file; do"
    yield '            COMPREPLY+=("$file")'
    yield '        done < <(compgen -f -- "$current")'
    yield "    fi"
    yield "}"
    yield "complete -o filenames -o bashdefault -F _summarize summarize"


def bash_values(option: Option) -> str:
    known = " ".join(values(option))
    if option.takes_path or option.value == "MODEL":
        return f'words="{known}"'
    return f'COMPREPLY=($(compgen -W "{known}" -- "$current")); return'


# --- zsh ---------------------------------------------------------------------------------------


def zsh(every: list[Command]) -> Iterator[str]:
    first, *others = every
    yield "#compdef summarize"
    yield f"_summarize_models() {{ compadd {' '.join(model_names())}; _files }}"
    yield "_summarize() {"
    yield "    local -a commands=("
    for command in others:
        yield f"        {quoted(f'{command.name}:{command.summary}')}"
    yield "    )"
    yield "    if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then"
    yield "        _describe command commands"
    yield "        _files"
    yield "        return"
    yield "    fi"
    yield "    case $words[2] in"
    for command in (*others, first):
        yield f"        {command.name or '*'})"
        if command.name:
            yield "            shift words; (( CURRENT-- ))"
        yield "            _arguments -s \\"
        for option in command.options:
            yield f"                {zsh_option(option)} \\"
        last = "(bash zsh fish)" if command.name == "completion" else "_files"
        yield f"                '*:file:{last}' ;;"
    yield "    esac"
    yield "}"
    yield 'if [[ $funcstack[1] == _summarize ]]; then _summarize "$@"'
    yield "else compdef _summarize summarize; fi"


def zsh_option(option: Option) -> str:
    text = option.help
    for character in ("\\", "[", "]", ":"):
        text = text.replace(character, "\\" + character)
    value = ""
    if option.value:
        known = " ".join(values(option))
        action = f"({known})" if known else "_files" if option.takes_path else " "
        action = "_summarize_models" if option.value == "MODEL" else action
        value = f":{option.value.strip('[]').replace(':', '')}:{action}"
    names = option.flags
    first = "*" if option.is_repeatable else f"({' '.join(names)})" if len(names) > 1 else ""
    spec = quoted(f"[{text}]{value}")
    return " ".join(f"{quoted(first + name)}{spec}" for name in names)


# --- fish --------------------------------------------------------------------------------------


def fish(every: list[Command]) -> Iterator[str]:
    first, *others = every
    yield "# Completion of summarize for fish."
    yield "function __summarize_command"
    yield "    set -l words (commandline -opc)"
    yield f'    if contains -- "$words[2]" {" ".join(c.name for c in others)}'
    yield "        echo $words[2]"
    yield "    else"
    yield "        echo FILES"
    yield "    end"
    yield "end"
    for command in others:
        yield (
            "complete -c summarize -n 'test (count (commandline -opc)) -eq 1' "
            f"-a {command.name} -d {fish_quoted(command.summary)}"
        )
    for command in every:
        condition = f"test (__summarize_command) = {command.name or 'FILES'}"
        for option in command.options:
            yield f"complete -c summarize -n {quoted(condition)} {fish_option(option)}"
    yield "complete -c summarize -n 'test (__summarize_command) = completion' -f -a 'bash zsh fish'"


def fish_option(option: Option) -> str:
    parts = [f"-{'l' if f.startswith('--') else 's'} {f.lstrip('-')}" for f in option.flags]
    known = " ".join(values(option))
    if option.takes_path or option.value == "MODEL":
        parts.append("-r")
    elif option.value:
        parts.append("-x")
    if known:
        parts.append(f"-a {quoted(known)}")
    return " ".join([*parts, f"-d {fish_quoted(option.help)}"])


def fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
