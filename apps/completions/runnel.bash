# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2207 # words without blanks
#
# Completion for bash: the words of runnel and of picotcp_netmap. bash-completion loads it by its name when one of
# them is first typed; . runnel.bash does as well.

# _runnel_interfaces PREFIX: the interfaces there are, each behind the prefix.
_runnel_interfaces()
{
    local path
    for path in /sys/class/net/*; do
        printf '%s%s\n' "$1" "${path##*/}"
    done
}

# _runnel_value OPTION: what may stand behind it; 1: it has no value, or a value that is nobody's to guess.
_runnel_value()
{
    case $1 in
    --acd) echo 'quick full off' ;;
    --fault) echo 'loss= reorder= duplicate= corrupt= delay= jitter= rate= queue= seed=' ;;
    --ip | --mac | --gateway | --vlan | --capture | --port | --keep-alive | --connections | --budget | --spin) ;;
    *) return 1 ;;
    esac
}

_runnel_words()
{
    local wire='--gateway --vlan --acd --fault --capture --no-local --force' address='--ip --mac' about='--help --version'
    case $1 in
    echo) echo "--port --share --udp --keep-alive --connections --budget --spin --busy-poll --no-window-scale --no-timestamps --no-sack" \
        "$address $wire $about" ;;
    ping) echo "-c -i -s -W $address $wire $about" ;;
    bridge) echo "--fault --force $about" ;;
    ss) echo "-s $about" ;;
    devices | demo) echo "$about" ;;
    picotcp_netmap) echo "$wire $about" ;;
    esac
}

_runnel_devices()
{
    _runnel_interfaces ''
    _runnel_interfaces netmap:
    _runnel_interfaces pcap:
    _runnel_interfaces packet:
    _runnel_interfaces xdp:
    printf '%s\n' tap:tap0 tun:tun0 loop null
}

_runnel()
{
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} values
    if [[ $COMP_CWORD == 1 ]]; then
        COMPREPLY=($(compgen -W 'echo ping bridge ss devices demo --help --version' -- "$current"))
    elif values=$(_runnel_value "$before"); then
        [[ $before == --capture ]] && COMPREPLY=($(compgen -f -- "$current")) ||
            COMPREPLY=($(compgen -W "$values" -- "$current"))
    elif [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$(_runnel_words "$command")" -- "$current"))
    else
        case $command in
        echo | ping | bridge) COMPREPLY=($(compgen -W "$(_runnel_devices)" -- "$current")) ;;
        devices) COMPREPLY=($(compgen -W "$(_runnel_interfaces '')" -- "$current")) ;;
        ss) COMPREPLY=($(compgen -f -- "$current")) ;;
        esac
    fi
}

_picotcp_netmap()
{
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} values
    if values=$(_runnel_value "$before"); then
        [[ $before == --capture ]] && COMPREPLY=($(compgen -f -- "$current")) ||
            COMPREPLY=($(compgen -W "$values" -- "$current"))
    elif [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$(_runnel_words picotcp_netmap)" -- "$current"))
    elif [[ $COMP_CWORD == 1 ]]; then
        COMPREPLY=($(compgen -W "$(_runnel_interfaces '')" -- "$current"))
    fi
}

complete -F _runnel runnel
complete -F _picotcp_netmap picotcp_netmap
