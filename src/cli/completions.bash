
# What `ctl` is asked about: the machines there are now.
_lucarne_machines() {
    _lucarne "$@"
    if [[ ${COMP_WORDS[1]} == ctl && $COMP_CWORD -eq 2 ]]; then
        local name rest
        while read -r name rest; do
            if [[ $name == "${COMP_WORDS[2]}"* ]]; then
                COMPREPLY+=("$name")
            fi
        done < <("${COMP_WORDS[0]}" ctl list 2>/dev/null)
    fi
}

complete -F _lucarne_machines -o bashdefault -o default lucarne
