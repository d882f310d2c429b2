#!/bin/bash

__wasmprecompile_cursor_index_in_current_word() {
    local remaining="${COMP_LINE}"

    local word
    for word in "${COMP_WORDS[@]::COMP_CWORD}"; do
        remaining="${remaining##*([[:space:]])"${word}"*([[:space:]])}"
    done

    local -ir index="$((COMP_POINT - ${#COMP_LINE} + ${#remaining}))"
    if [[ "${index}" -le 0 ]]; then
        printf 0
    else
        printf %s "${index}"
    fi
}

# positional arguments:
#
# - 1: the current (sub)command's count of positional arguments
#
# required variables:
#
# - repeating_flags: the repeating flags that the current (sub)command can accept
# - non_repeating_flags: the non-repeating flags that the current (sub)command can accept
# - repeating_options: the repeating options that the current (sub)command can accept
# - non_repeating_options: the non-repeating options that the current (sub)command can accept
# - positional_number: value ignored
# - unparsed_words: unparsed words from the current command line
#
# modified variables:
#
# - non_repeating_flags: remove flags for this (sub)command that are already on the command line
# - non_repeating_options: remove options for this (sub)command that are already on the command line
# - positional_number: set to the current positional number
# - unparsed_words: remove all flags, options, and option values for this (sub)command
__wasmprecompile_offer_flags_options() {
    local -ir positional_count="${1}"
    positional_number=0

    local was_flag_option_terminator_seen=false
    local is_parsing_option_value=false

    local -ar unparsed_word_indices=("${!unparsed_words[@]}")
    local -i word_index
    for word_index in "${unparsed_word_indices[@]}"; do
        if "${is_parsing_option_value}"; then
            # This word is an option value:
            # Reset marker for next word iff not currently the last word
            [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]] && is_parsing_option_value=false
            unset "unparsed_words[${word_index}]"
            # Do not process this word as a flag or an option
            continue
        fi

        local word="${unparsed_words["${word_index}"]}"
        if ! "${was_flag_option_terminator_seen}"; then
            case "${word}" in
            --)
                unset "unparsed_words[${word_index}]"
                # by itself -- is a flag/option terminator, but if it is the last word, it is the start of a completion
                if [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]]; then
                    was_flag_option_terminator_seen=true
                fi
                continue
                ;;
            -*)
                # ${word} is a flag or an option
                # If ${word} is an option, mark that the next word to be parsed is an option value
                local option
                for option in "${repeating_options[@]}" "${non_repeating_options[@]}"; do
                    [[ "${word}" = "${option}" ]] && is_parsing_option_value=true && break
                done

                # Remove ${word} from ${non_repeating_flags} or ${non_repeating_options} so it isn't offered again
                local not_found=true
                local -i index
                for index in "${!non_repeating_flags[@]}"; do
                    if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                        unset "non_repeating_flags[${index}]"
                        non_repeating_flags=("${non_repeating_flags[@]}")
                        not_found=false
                        break
                    fi
                done
                if "${not_found}"; then
                    for index in "${!non_repeating_flags[@]}"; do
                        if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                            unset "non_repeating_flags[${index}]"
                            non_repeating_flags=("${non_repeating_flags[@]}")
                            break
                        fi
                    done
                fi
                unset "unparsed_words[${word_index}]"
                continue
                ;;
            esac
        fi

        # ${word} is neither a flag, nor an option, nor an option value
        if [[ "${positional_number}" -lt "${positional_count}" || "${positional_count}" -lt 0 ]]; then
            # ${word} is a positional
            ((positional_number++))
            unset "unparsed_words[${word_index}]"
        else
            if [[ -z "${word}" ]]; then
                # Could be completing a flag, option, or subcommand
                positional_number=-1
            else
                # ${word} is a subcommand or invalid, so stop processing this (sub)command
                positional_number=-2
            fi
            break
        fi
    done

    unparsed_words=("${unparsed_words[@]}")

    if\
        ! "${was_flag_option_terminator_seen}"\
        && ! "${is_parsing_option_value}"\
        && [[ ("${cur}" = -* && "${positional_number}" -ge 0) || "${positional_number}" -eq -1 ]]
    then
        COMPREPLY+=($(compgen -W "${repeating_flags[*]} ${non_repeating_flags[*]} ${repeating_options[*]} ${non_repeating_options[*]}" -- "${cur}"))
    fi
}

__wasmprecompile_add_completions() {
    local completion
    while IFS='' read -r completion; do
        COMPREPLY+=("${completion}")
    done < <(IFS=$'\n' compgen "${@}" -- "${cur}")
}

__wasmprecompile_custom_complete() {
    if [[ -n "${cur}" || -z ${COMP_WORDS[${COMP_CWORD}]} || "${COMP_LINE:${COMP_POINT}:1}" != ' ' ]]; then
        local -ar words=("${COMP_WORDS[@]}")
    else
        local -ar words=("${COMP_WORDS[@]::${COMP_CWORD}}" '' "${COMP_WORDS[@]:${COMP_CWORD}}")
    fi

    "${COMP_WORDS[0]}" "${@}" "${words[@]}"
}

_wasmprecompile() {
    local state
    state="$(shopt -p;shopt -po)"
    trap "${state//$'\n'/;}" RETURN
    shopt -s extglob
    set +o history +o posix

    local -xr SAP_SHELL=bash
    local -x SAP_SHELL_VERSION
    SAP_SHELL_VERSION="$(IFS='.';printf %s "${BASH_VERSINFO[*]}")"
    local -r SAP_SHELL_VERSION

    local cur="${2}"
    local prev="${3}"

    # Bash takes `--option=value` apart: `=` is a word of its own.
    if [[ "${COMP_WORDS[${COMP_CWORD}]}" = '=' ]]; then
        cur=''
    elif [[ "${prev}" = '=' && "${COMP_CWORD}" -gt 2 ]]; then
        prev="${COMP_WORDS[$((COMP_CWORD - 2))]}"
    fi

    local -i positional_number
    local -a unparsed_words=()
    local word option=''
    for word in "${COMP_WORDS[@]:1:${COMP_CWORD}}"; do
        [[ "${word}" = '=' && "${option}" = --* ]] || unparsed_words+=("${word}")
        option="${word}"
    done
    [[ "${option}" = '=' ]] && unparsed_words+=('')

    # Only the first word can be a subcommand; the words after it are the subcommand's.
    if [[ "${COMP_CWORD}" -gt 1 ]]; then
        case "${COMP_WORDS[1]}" in
        path|run|hash|inspect|engines|cache|keys|remote|config|completions|help)
            unparsed_words=("${unparsed_words[@]:1}")
            "_wasmprecompile_${COMP_WORDS[1]}"
            return
            ;;
        esac
    elif [[ "${cur}" != -* ]]; then
        COMPREPLY+=($(compgen -W 'path run hash inspect engines cache keys remote config completions help' -- "${cur}"))
    fi

    local -a repeating_flags=()
    local -a non_repeating_flags=(--trust-cache --remote-execute --null -0 --follow-links --fail-fast --dry-run -n --check --frozen --verify --force --rehash --require-sandbox --hard-links --watch --restart --poll --clear --quiet -q --verbose -v --explain --version -h --help)
    local -a repeating_options=(--backend --target --host --engine-config --like --optimize -O --codegen -C --debug -D --wasm -W --lower-cache --trust --remote-platform --files-from --exclude)
    local -a non_repeating_options=(--opt-level --cpu --features --engine --cache-dir --max-size --sign-with --remote --remote-upload --remote-local-lanes --remote-ca --remote-certificate --remote-key --remote-token-file --remote-salt --remote-timeout --jobs -j --isolate --timeout --max-module --max-artifact --max-memory --output --stamp --depfile --exec --debounce --color --format --timings --trace)
    __wasmprecompile_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--backend')
        __wasmprecompile_add_completions -W 'cranelift'$'\n''winch'$'\n''pulley'$'\n''llvm'$'\n''wasm2c'$'\n''wasmtime-cli'$'\n''wasmer-cranelift'$'\n''wasmer-singlepass'$'\n''wasmer-llvm'$'\n''wasmedge'$'\n''wamrc'
        return
        ;;
    '--opt-level')
        __wasmprecompile_add_completions -W 'none'$'\n''speed'$'\n''speed-and-size'
        return
        ;;
    '--cpu')
        __wasmprecompile_add_completions -W 'native'$'\n''baseline'$'\n''x86-64'$'\n''x86-64-v2'$'\n''x86-64-v3'$'\n''x86-64-v4'$'\n''nehalem'$'\n''westmere'$'\n''sandybridge'$'\n''ivybridge'$'\n''haswell'$'\n''broadwell'$'\n''skylake'$'\n''skylake-avx512'$'\n''cascadelake'$'\n''icelake-server'$'\n''sapphirerapids'$'\n''alderlake'$'\n''znver1'$'\n''znver2'$'\n''znver3'$'\n''znver4'
        return
        ;;
    '--target')
        return
        ;;
    '--features')
        __wasmprecompile_add_completions -W 'least'$'\n''all'
        return
        ;;
    '--host')
        return
        ;;
    '--engine-config')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--like')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(cwasm)'
        return
        ;;
    '--optimize'|'-O')
        return
        ;;
    '--codegen'|'-C')
        return
        ;;
    '--debug'|'-D')
        return
        ;;
    '--wasm'|'-W')
        return
        ;;
    '--engine')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(so)'
        return
        ;;
    '--cache-dir')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--lower-cache')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--max-size')
        return
        ;;
    '--trust')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(pub)'
        return
        ;;
    '--sign-with')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(sec|key)'
        return
        ;;
    '--remote')
        return
        ;;
    '--remote-upload')
        __wasmprecompile_add_completions -W 'on'$'\n''off'
        return
        ;;
    '--remote-local-lanes')
        return
        ;;
    '--remote-platform')
        return
        ;;
    '--remote-ca')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--remote-certificate')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--remote-key')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--remote-token-file')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--remote-salt')
        return
        ;;
    '--remote-timeout')
        return
        ;;
    '--files-from')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--exclude')
        return
        ;;
    '--jobs'|'-j')
        return
        ;;
    '--isolate')
        __wasmprecompile_add_completions -W 'module'$'\n''origin'$'\n''run'
        return
        ;;
    '--timeout')
        return
        ;;
    '--max-module')
        return
        ;;
    '--max-artifact')
        return
        ;;
    '--max-memory')
        return
        ;;
    '--output')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--stamp')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--depfile')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--exec')
        return
        ;;
    '--debounce')
        return
        ;;
    '--color')
        __wasmprecompile_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--format')
        __wasmprecompile_add_completions -W 'human'$'\n''json'
        return
        ;;
    '--timings')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(html)'
        return
        ;;
    '--trace')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(json)'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __wasmprecompile_add_completions -f
        return
        ;;
    esac
}

_wasmprecompile_path() {
    repeating_flags=()
    non_repeating_flags=(--compile --verify --null -0 --trust-cache --require-sandbox --remote-execute --version -h --help)
    repeating_options=(--files-from --backend --target --host --engine-config --like --optimize -O --codegen -C --debug -D --wasm -W --lower-cache --trust --remote-platform)
    non_repeating_options=(--format --opt-level --cpu --features --engine --cache-dir --sign-with --timeout --max-module --max-artifact --max-memory --remote --remote-upload --remote-local-lanes --remote-ca --remote-certificate --remote-key --remote-token-file --remote-salt --remote-timeout)
    __wasmprecompile_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--files-from')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--format')
        __wasmprecompile_add_completions -W 'human'$'\n''json'
        return
        ;;
    '--backend')
        __wasmprecompile_add_completions -W 'cranelift'$'\n''winch'$'\n''pulley'$'\n''llvm'$'\n''wasm2c'$'\n''wasmtime-cli'$'\n''wasmer-cranelift'$'\n''wasmer-singlepass'$'\n''wasmer-llvm'$'\n''wasmedge'$'\n''wamrc'
        return
        ;;
    '--opt-level')
        __wasmprecompile_add_completions -W 'none'$'\n''speed'$'\n''speed-and-size'
        return
        ;;
    '--cpu')
        __wasmprecompile_add_completions -W 'native'$'\n''baseline'$'\n''x86-64'$'\n''x86-64-v2'$'\n''x86-64-v3'$'\n''x86-64-v4'$'\n''nehalem'$'\n''westmere'$'\n''sandybridge'$'\n''ivybridge'$'\n''haswell'$'\n''broadwell'$'\n''skylake'$'\n''skylake-avx512'$'\n''cascadelake'$'\n''icelake-server'$'\n''sapphirerapids'$'\n''alderlake'$'\n''znver1'$'\n''znver2'$'\n''znver3'$'\n''znver4'
        return
        ;;
    '--target')
        return
        ;;
    '--features')
        __wasmprecompile_add_completions -W 'least'$'\n''all'
        return
        ;;
    '--host')
        return
        ;;
    '--engine-config')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--like')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(cwasm)'
        return
        ;;
    '--optimize'|'-O')
        return
        ;;
    '--codegen'|'-C')
        return
        ;;
    '--debug'|'-D')
        return
        ;;
    '--wasm'|'-W')
        return
        ;;
    '--engine')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(so)'
        return
        ;;
    '--cache-dir')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--lower-cache')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--trust')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(pub)'
        return
        ;;
    '--sign-with')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(sec|key)'
        return
        ;;
    '--timeout')
        return
        ;;
    '--max-module')
        return
        ;;
    '--max-artifact')
        return
        ;;
    '--max-memory')
        return
        ;;
    '--remote')
        return
        ;;
    '--remote-upload')
        __wasmprecompile_add_completions -W 'on'$'\n''off'
        return
        ;;
    '--remote-local-lanes')
        return
        ;;
    '--remote-platform')
        return
        ;;
    '--remote-ca')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--remote-certificate')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--remote-key')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--remote-token-file')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--remote-salt')
        return
        ;;
    '--remote-timeout')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(wasm)'
        return
        ;;
    esac
}

_wasmprecompile_run() {
    repeating_flags=()
    non_repeating_flags=(--cold --trust-cache --require-sandbox --remote-execute --version -h --help)
    repeating_options=(--dir --env --backend --target --host --engine-config --like --optimize -O --codegen -C --debug -D --wasm -W --lower-cache --trust --remote-platform)
    non_repeating_options=(--invoke --opt-level --cpu --features --engine --cache-dir --sign-with --timeout --max-module --max-artifact --max-memory --remote --remote-upload --remote-local-lanes --remote-ca --remote-certificate --remote-key --remote-token-file --remote-salt --remote-timeout)
    __wasmprecompile_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--invoke')
        return
        ;;
    '--dir')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--env')
        return
        ;;
    '--backend')
        __wasmprecompile_add_completions -W 'cranelift'$'\n''winch'$'\n''pulley'$'\n''llvm'$'\n''wasm2c'$'\n''wasmtime-cli'$'\n''wasmer-cranelift'$'\n''wasmer-singlepass'$'\n''wasmer-llvm'$'\n''wasmedge'$'\n''wamrc'
        return
        ;;
    '--opt-level')
        __wasmprecompile_add_completions -W 'none'$'\n''speed'$'\n''speed-and-size'
        return
        ;;
    '--cpu')
        __wasmprecompile_add_completions -W 'native'$'\n''baseline'$'\n''x86-64'$'\n''x86-64-v2'$'\n''x86-64-v3'$'\n''x86-64-v4'$'\n''nehalem'$'\n''westmere'$'\n''sandybridge'$'\n''ivybridge'$'\n''haswell'$'\n''broadwell'$'\n''skylake'$'\n''skylake-avx512'$'\n''cascadelake'$'\n''icelake-server'$'\n''sapphirerapids'$'\n''alderlake'$'\n''znver1'$'\n''znver2'$'\n''znver3'$'\n''znver4'
        return
        ;;
    '--target')
        return
        ;;
    '--features')
        __wasmprecompile_add_completions -W 'least'$'\n''all'
        return
        ;;
    '--host')
        return
        ;;
    '--engine-config')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--like')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(cwasm)'
        return
        ;;
    '--optimize'|'-O')
        return
        ;;
    '--codegen'|'-C')
        return
        ;;
    '--debug'|'-D')
        return
        ;;
    '--wasm'|'-W')
        return
        ;;
    '--engine')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(so)'
        return
        ;;
    '--cache-dir')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--lower-cache')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--trust')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(pub)'
        return
        ;;
    '--sign-with')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(sec|key)'
        return
        ;;
    '--timeout')
        return
        ;;
    '--max-module')
        return
        ;;
    '--max-artifact')
        return
        ;;
    '--max-memory')
        return
        ;;
    '--remote')
        return
        ;;
    '--remote-upload')
        __wasmprecompile_add_completions -W 'on'$'\n''off'
        return
        ;;
    '--remote-local-lanes')
        return
        ;;
    '--remote-platform')
        return
        ;;
    '--remote-ca')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--remote-certificate')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--remote-key')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--remote-token-file')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--remote-salt')
        return
        ;;
    '--remote-timeout')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(wasm)'
        return
        ;;
    esac
}

_wasmprecompile_hash() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=(--format)
    __wasmprecompile_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--format')
        __wasmprecompile_add_completions -W 'human'$'\n''json'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __wasmprecompile_add_completions -f
        return
        ;;
    esac
}

_wasmprecompile_inspect() {
    repeating_flags=()
    non_repeating_flags=(--trust-cache --version -h --help)
    repeating_options=(--backend --target --host --engine-config --like --optimize -O --codegen -C --debug -D --wasm -W --lower-cache)
    non_repeating_options=(--functions --format --opt-level --cpu --features --engine --cache-dir)
    __wasmprecompile_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--functions')
        return
        ;;
    '--format')
        __wasmprecompile_add_completions -W 'human'$'\n''json'
        return
        ;;
    '--backend')
        __wasmprecompile_add_completions -W 'cranelift'$'\n''winch'$'\n''pulley'$'\n''llvm'$'\n''wasm2c'$'\n''wasmtime-cli'$'\n''wasmer-cranelift'$'\n''wasmer-singlepass'$'\n''wasmer-llvm'$'\n''wasmedge'$'\n''wamrc'
        return
        ;;
    '--opt-level')
        __wasmprecompile_add_completions -W 'none'$'\n''speed'$'\n''speed-and-size'
        return
        ;;
    '--cpu')
        __wasmprecompile_add_completions -W 'native'$'\n''baseline'$'\n''x86-64'$'\n''x86-64-v2'$'\n''x86-64-v3'$'\n''x86-64-v4'$'\n''nehalem'$'\n''westmere'$'\n''sandybridge'$'\n''ivybridge'$'\n''haswell'$'\n''broadwell'$'\n''skylake'$'\n''skylake-avx512'$'\n''cascadelake'$'\n''icelake-server'$'\n''sapphirerapids'$'\n''alderlake'$'\n''znver1'$'\n''znver2'$'\n''znver3'$'\n''znver4'
        return
        ;;
    '--target')
        return
        ;;
    '--features')
        __wasmprecompile_add_completions -W 'least'$'\n''all'
        return
        ;;
    '--host')
        return
        ;;
    '--engine-config')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--like')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(cwasm)'
        return
        ;;
    '--optimize'|'-O')
        return
        ;;
    '--codegen'|'-C')
        return
        ;;
    '--debug'|'-D')
        return
        ;;
    '--wasm'|'-W')
        return
        ;;
    '--engine')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(so)'
        return
        ;;
    '--cache-dir')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--lower-cache')
        __wasmprecompile_add_completions -d
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(wasm|cwasm)'
        return
        ;;
    esac
}

_wasmprecompile_engines() {
    repeating_flags=()
    non_repeating_flags=(--processors --require-sandbox --version -h --help)
    repeating_options=(--backend --target --host --engine-config --like --optimize -O --codegen -C --debug -D --wasm -W)
    non_repeating_options=(--format --opt-level --cpu --features --engine --max-memory)
    __wasmprecompile_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--format')
        __wasmprecompile_add_completions -W 'human'$'\n''json'
        return
        ;;
    '--backend')
        __wasmprecompile_add_completions -W 'cranelift'$'\n''winch'$'\n''pulley'$'\n''llvm'$'\n''wasm2c'$'\n''wasmtime-cli'$'\n''wasmer-cranelift'$'\n''wasmer-singlepass'$'\n''wasmer-llvm'$'\n''wasmedge'$'\n''wamrc'
        return
        ;;
    '--opt-level')
        __wasmprecompile_add_completions -W 'none'$'\n''speed'$'\n''speed-and-size'
        return
        ;;
    '--cpu')
        __wasmprecompile_add_completions -W 'native'$'\n''baseline'$'\n''x86-64'$'\n''x86-64-v2'$'\n''x86-64-v3'$'\n''x86-64-v4'$'\n''nehalem'$'\n''westmere'$'\n''sandybridge'$'\n''ivybridge'$'\n''haswell'$'\n''broadwell'$'\n''skylake'$'\n''skylake-avx512'$'\n''cascadelake'$'\n''icelake-server'$'\n''sapphirerapids'$'\n''alderlake'$'\n''znver1'$'\n''znver2'$'\n''znver3'$'\n''znver4'
        return
        ;;
    '--target')
        return
        ;;
    '--features')
        __wasmprecompile_add_completions -W 'least'$'\n''all'
        return
        ;;
    '--host')
        return
        ;;
    '--engine-config')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--like')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(cwasm)'
        return
        ;;
    '--optimize'|'-O')
        return
        ;;
    '--codegen'|'-C')
        return
        ;;
    '--debug'|'-D')
        return
        ;;
    '--wasm'|'-W')
        return
        ;;
    '--engine')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(so)'
        return
        ;;
    '--max-memory')
        return
        ;;
    esac
}

_wasmprecompile_cache() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __wasmprecompile_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    dir|key|list|stats|gc|clear|verify|sign|attest)
        # Offer subcommand argument completions
        "_wasmprecompile_cache_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'dir key list stats gc clear verify sign attest' -- "${cur}"))
        ;;
    esac
}

_wasmprecompile_cache_dir() {
    repeating_flags=()
    non_repeating_flags=(--trust-cache --version -h --help)
    repeating_options=(--lower-cache)
    non_repeating_options=(--format --cache-dir)
    __wasmprecompile_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--format')
        __wasmprecompile_add_completions -W 'human'$'\n''json'
        return
        ;;
    '--cache-dir')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--lower-cache')
        __wasmprecompile_add_completions -d
        return
        ;;
    esac
}

_wasmprecompile_cache_key() {
    repeating_flags=()
    non_repeating_flags=(--require-sandbox --version -h --help)
    repeating_options=(--backend --target --host --engine-config --like --optimize -O --codegen -C --debug -D --wasm -W)
    non_repeating_options=(--format --opt-level --cpu --features --engine --max-memory)
    __wasmprecompile_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--format')
        __wasmprecompile_add_completions -W 'human'$'\n''json'
        return
        ;;
    '--backend')
        __wasmprecompile_add_completions -W 'cranelift'$'\n''winch'$'\n''pulley'$'\n''llvm'$'\n''wasm2c'$'\n''wasmtime-cli'$'\n''wasmer-cranelift'$'\n''wasmer-singlepass'$'\n''wasmer-llvm'$'\n''wasmedge'$'\n''wamrc'
        return
        ;;
    '--opt-level')
        __wasmprecompile_add_completions -W 'none'$'\n''speed'$'\n''speed-and-size'
        return
        ;;
    '--cpu')
        __wasmprecompile_add_completions -W 'native'$'\n''baseline'$'\n''x86-64'$'\n''x86-64-v2'$'\n''x86-64-v3'$'\n''x86-64-v4'$'\n''nehalem'$'\n''westmere'$'\n''sandybridge'$'\n''ivybridge'$'\n''haswell'$'\n''broadwell'$'\n''skylake'$'\n''skylake-avx512'$'\n''cascadelake'$'\n''icelake-server'$'\n''sapphirerapids'$'\n''alderlake'$'\n''znver1'$'\n''znver2'$'\n''znver3'$'\n''znver4'
        return
        ;;
    '--target')
        return
        ;;
    '--features')
        __wasmprecompile_add_completions -W 'least'$'\n''all'
        return
        ;;
    '--host')
        return
        ;;
    '--engine-config')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--like')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(cwasm)'
        return
        ;;
    '--optimize'|'-O')
        return
        ;;
    '--codegen'|'-C')
        return
        ;;
    '--debug'|'-D')
        return
        ;;
    '--wasm'|'-W')
        return
        ;;
    '--engine')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(so)'
        return
        ;;
    '--max-memory')
        return
        ;;
    esac
}

_wasmprecompile_cache_list() {
    repeating_flags=()
    non_repeating_flags=(--trust-cache --version -h --help)
    repeating_options=(--lower-cache)
    non_repeating_options=(--sort --format --cache-dir)
    __wasmprecompile_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--sort')
        __wasmprecompile_add_completions -W 'path'$'\n''size'$'\n''age'$'\n''last-use'
        return
        ;;
    '--format')
        __wasmprecompile_add_completions -W 'human'$'\n''json'
        return
        ;;
    '--cache-dir')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--lower-cache')
        __wasmprecompile_add_completions -d
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __wasmprecompile_add_completions -f
        return
        ;;
    esac
}

_wasmprecompile_cache_stats() {
    repeating_flags=()
    non_repeating_flags=(--zero --trust-cache --version -h --help)
    repeating_options=(--lower-cache)
    non_repeating_options=(--format --cache-dir --max-size)
    __wasmprecompile_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--format')
        __wasmprecompile_add_completions -W 'human'$'\n''json'
        return
        ;;
    '--cache-dir')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--lower-cache')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--max-size')
        return
        ;;
    esac
}

_wasmprecompile_cache_gc() {
    repeating_flags=()
    non_repeating_flags=(--old-engines -n --dry-run --trust-cache --version -h --help)
    repeating_options=(--lower-cache)
    non_repeating_options=(--max-size --max-age --min-free --format --engine --cache-dir)
    __wasmprecompile_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--max-size')
        return
        ;;
    '--max-age')
        return
        ;;
    '--min-free')
        return
        ;;
    '--format')
        __wasmprecompile_add_completions -W 'human'$'\n''json'
        return
        ;;
    '--engine')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(so)'
        return
        ;;
    '--cache-dir')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--lower-cache')
        __wasmprecompile_add_completions -d
        return
        ;;
    esac
}

_wasmprecompile_cache_clear() {
    repeating_flags=()
    non_repeating_flags=(--trust-cache --version -h --help)
    repeating_options=(--lower-cache)
    non_repeating_options=(--format --cache-dir)
    __wasmprecompile_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--format')
        __wasmprecompile_add_completions -W 'human'$'\n''json'
        return
        ;;
    '--cache-dir')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--lower-cache')
        __wasmprecompile_add_completions -d
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __wasmprecompile_add_completions -f
        return
        ;;
    esac
}

_wasmprecompile_cache_verify() {
    repeating_flags=()
    non_repeating_flags=(--repair --signatures --trust-cache --require-sandbox --version -h --help)
    repeating_options=(--backend --target --host --engine-config --like --optimize -O --codegen -C --debug -D --wasm -W --lower-cache --trust)
    non_repeating_options=(--reproduce --format --opt-level --cpu --features --engine --cache-dir --sign-with --timeout --max-module --max-artifact --max-memory)
    __wasmprecompile_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--reproduce')
        return
        ;;
    '--format')
        __wasmprecompile_add_completions -W 'human'$'\n''json'
        return
        ;;
    '--backend')
        __wasmprecompile_add_completions -W 'cranelift'$'\n''winch'$'\n''pulley'$'\n''llvm'$'\n''wasm2c'$'\n''wasmtime-cli'$'\n''wasmer-cranelift'$'\n''wasmer-singlepass'$'\n''wasmer-llvm'$'\n''wasmedge'$'\n''wamrc'
        return
        ;;
    '--opt-level')
        __wasmprecompile_add_completions -W 'none'$'\n''speed'$'\n''speed-and-size'
        return
        ;;
    '--cpu')
        __wasmprecompile_add_completions -W 'native'$'\n''baseline'$'\n''x86-64'$'\n''x86-64-v2'$'\n''x86-64-v3'$'\n''x86-64-v4'$'\n''nehalem'$'\n''westmere'$'\n''sandybridge'$'\n''ivybridge'$'\n''haswell'$'\n''broadwell'$'\n''skylake'$'\n''skylake-avx512'$'\n''cascadelake'$'\n''icelake-server'$'\n''sapphirerapids'$'\n''alderlake'$'\n''znver1'$'\n''znver2'$'\n''znver3'$'\n''znver4'
        return
        ;;
    '--target')
        return
        ;;
    '--features')
        __wasmprecompile_add_completions -W 'least'$'\n''all'
        return
        ;;
    '--host')
        return
        ;;
    '--engine-config')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(toml)'
        return
        ;;
    '--like')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(cwasm)'
        return
        ;;
    '--optimize'|'-O')
        return
        ;;
    '--codegen'|'-C')
        return
        ;;
    '--debug'|'-D')
        return
        ;;
    '--wasm'|'-W')
        return
        ;;
    '--engine')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(so)'
        return
        ;;
    '--cache-dir')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--lower-cache')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--trust')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(pub)'
        return
        ;;
    '--sign-with')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(sec|key)'
        return
        ;;
    '--timeout')
        return
        ;;
    '--max-module')
        return
        ;;
    '--max-artifact')
        return
        ;;
    '--max-memory')
        return
        ;;
    esac
}

_wasmprecompile_cache_sign() {
    repeating_flags=()
    non_repeating_flags=(--replace --trust-cache --version -h --help)
    repeating_options=(--trust --lower-cache)
    non_repeating_options=(--format --sign-with --cache-dir)
    __wasmprecompile_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--format')
        __wasmprecompile_add_completions -W 'human'$'\n''json'
        return
        ;;
    '--trust')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(pub)'
        return
        ;;
    '--sign-with')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(sec|key)'
        return
        ;;
    '--cache-dir')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--lower-cache')
        __wasmprecompile_add_completions -d
        return
        ;;
    esac
}

_wasmprecompile_cache_attest() {
    repeating_flags=()
    non_repeating_flags=(--trust-cache --version -h --help)
    repeating_options=(--trust --lower-cache)
    non_repeating_options=(--builder --sign-with --cache-dir)
    __wasmprecompile_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--builder')
        return
        ;;
    '--trust')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(pub)'
        return
        ;;
    '--sign-with')
        __wasmprecompile_add_completions -o plusdirs -fX '!*.@(sec|key)'
        return
        ;;
    '--cache-dir')
        __wasmprecompile_add_completions -d
        return
        ;;
    '--lower-cache')
        __wasmprecompile_add_completions -d
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __wasmprecompile_add_completions -f
        return
        ;;
    esac
}

_wasmprecompile_keys() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __wasmprecompile_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    generate)
        # Offer subcommand argument completions
        "_wasmprecompile_keys_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'generate' -- "${cur}"))
        ;;
    esac
}

_wasmprecompile_keys_generate() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=(--name --format)
    __wasmprecompile_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--name')
        return
        ;;
    '--format')
        __wasmprecompile_add_completions -W 'human'$'\n''json'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __wasmprecompile_add_completions -d
        return
        ;;
    esac
}

_wasmprecompile_remote() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __wasmprecompile_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    status)
        # Offer subcommand argument completions
        "_wasmprecompile_remote_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'status' -- "${cur}"))
        ;;
    esac
}

_wasmprecompile_remote_status() {
    repeating_flags=()
    non_repeating_flags=(--remote-execute --version -h --help)
    repeating_options=(--remote-platform)
    non_repeating_options=(--format --remote --remote-upload --remote-local-lanes --remote-ca --remote-certificate --remote-key --remote-token-file --remote-salt --remote-timeout)
    __wasmprecompile_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--format')
        __wasmprecompile_add_completions -W 'human'$'\n''json'
        return
        ;;
    '--remote')
        return
        ;;
    '--remote-upload')
        __wasmprecompile_add_completions -W 'on'$'\n''off'
        return
        ;;
    '--remote-local-lanes')
        return
        ;;
    '--remote-platform')
        return
        ;;
    '--remote-ca')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--remote-certificate')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--remote-key')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--remote-token-file')
        __wasmprecompile_add_completions -f
        return
        ;;
    '--remote-salt')
        return
        ;;
    '--remote-timeout')
        return
        ;;
    esac
}

_wasmprecompile_config() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __wasmprecompile_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    show)
        # Offer subcommand argument completions
        "_wasmprecompile_config_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'show' -- "${cur}"))
        ;;
    esac
}

_wasmprecompile_config_show() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=(--format)
    __wasmprecompile_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--format')
        __wasmprecompile_add_completions -W 'human'$'\n''json'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __wasmprecompile_add_completions -f
        return
        ;;
    esac
}

_wasmprecompile_completions() {
    repeating_flags=()
    non_repeating_flags=(--version -h --help)
    repeating_options=()
    non_repeating_options=()
    __wasmprecompile_offer_flags_options 1

    # Offer positional completions
    case "${positional_number}" in
    1)
        __wasmprecompile_add_completions -W 'bash'$'\n''zsh'$'\n''fish'
        return
        ;;
    esac
}

_wasmprecompile_help() {
    repeating_flags=()
    non_repeating_flags=(--version)
    repeating_options=()
    non_repeating_options=()
    if [[ "${COMP_CWORD}" -eq 2 ]]; then
        __wasmprecompile_add_completions -W 'path'$'\n''run'$'\n''hash'$'\n''inspect'$'\n''engines'$'\n''cache'$'\n''keys'$'\n''remote'$'\n''config'$'\n''completions'
    elif [[ "${COMP_CWORD}" -eq 3 ]]; then
        case "${COMP_WORDS[2]}" in
        cache) __wasmprecompile_add_completions -W 'dir'$'\n''key'$'\n''list'$'\n''stats'$'\n''gc'$'\n''clear'$'\n''verify'$'\n''sign'$'\n''attest' ;;
        keys) __wasmprecompile_add_completions -W 'generate' ;;
        remote) __wasmprecompile_add_completions -W 'status' ;;
        config) __wasmprecompile_add_completions -W 'show' ;;
        esac
    fi
    __wasmprecompile_offer_flags_options -1
}

complete -o filenames -F _wasmprecompile wasmprecompile
