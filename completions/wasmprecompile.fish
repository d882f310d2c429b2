function __wasmprecompile_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __wasmprecompile_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __wasmprecompile_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __wasmprecompile_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __wasmprecompile_parse_tokens -S
    set -l unparsed_tokens (__wasmprecompile_tokens -pc)
    switch $unparsed_tokens[1]
    case 'wasmprecompile'
        # Only the first word can be a subcommand; the words after it are the subcommand's.
        if contains -- "$unparsed_tokens[2]" path run hash inspect engines cache keys remote config completions help
            set -a commands $unparsed_tokens[1]
            set -e unparsed_tokens[1]
        else
                __wasmprecompile_parse_subcommand -r 1 'backend=+' 'opt-level=' 'cpu=' 'target=+' 'features=' 'host=+' 'engine-config=+' 'like=+' 'O/optimize=+' 'C/codegen=+' 'D/debug=+' 'W/wasm=+' 'engine=' 'cache-dir=' 'trust-cache' 'lower-cache=+' 'max-size=' 'trust=+' 'sign-with=' 'remote=' 'remote-upload=' 'remote-execute' 'remote-local-lanes=' 'remote-platform=+' 'remote-ca=' 'remote-certificate=' 'remote-key=' 'remote-token-file=' 'remote-salt=' 'remote-timeout=' 'files-from=+' '0/null' 'exclude=+' 'follow-links' 'j/jobs=' 'isolate=' 'fail-fast' 'n/dry-run' 'check' 'frozen' 'verify' 'force' 'rehash' 'timeout=' 'max-module=' 'max-artifact=' 'max-memory=' 'require-sandbox' 'output=' 'hard-links' 'stamp=' 'depfile=' 'watch' 'exec=' 'restart' 'debounce=' 'poll' 'clear' 'q/quiet' 'v/verbose' 'explain' 'color=' 'format=' 'timings=' 'trace=' 'version' 'h/help'
        end
        switch $unparsed_tokens[1]
        case 'path'
            __wasmprecompile_parse_subcommand -r 1 'compile' 'verify' 'files-from=+' '0/null' 'format=' 'backend=+' 'opt-level=' 'cpu=' 'target=+' 'features=' 'host=+' 'engine-config=+' 'like=+' 'O/optimize=+' 'C/codegen=+' 'D/debug=+' 'W/wasm=+' 'engine=' 'cache-dir=' 'trust-cache' 'lower-cache=+' 'trust=+' 'sign-with=' 'timeout=' 'max-module=' 'max-artifact=' 'max-memory=' 'require-sandbox' 'remote=' 'remote-upload=' 'remote-execute' 'remote-local-lanes=' 'remote-platform=+' 'remote-ca=' 'remote-certificate=' 'remote-key=' 'remote-token-file=' 'remote-salt=' 'remote-timeout=' 'version' 'h/help'
        case 'run'
            __wasmprecompile_parse_subcommand -r 2 'invoke=' 'cold' 'dir=+' 'env=+' 'backend=+' 'opt-level=' 'cpu=' 'target=+' 'features=' 'host=+' 'engine-config=+' 'like=+' 'O/optimize=+' 'C/codegen=+' 'D/debug=+' 'W/wasm=+' 'engine=' 'cache-dir=' 'trust-cache' 'lower-cache=+' 'trust=+' 'sign-with=' 'timeout=' 'max-module=' 'max-artifact=' 'max-memory=' 'require-sandbox' 'remote=' 'remote-upload=' 'remote-execute' 'remote-local-lanes=' 'remote-platform=+' 'remote-ca=' 'remote-certificate=' 'remote-key=' 'remote-token-file=' 'remote-salt=' 'remote-timeout=' 'version' 'h/help'
        case 'hash'
            __wasmprecompile_parse_subcommand -r 1 'format=' 'version' 'h/help'
        case 'inspect'
            __wasmprecompile_parse_subcommand 1 'functions=' 'format=' 'backend=+' 'opt-level=' 'cpu=' 'target=+' 'features=' 'host=+' 'engine-config=+' 'like=+' 'O/optimize=+' 'C/codegen=+' 'D/debug=+' 'W/wasm=+' 'engine=' 'cache-dir=' 'trust-cache' 'lower-cache=+' 'version' 'h/help'
        case 'engines'
            __wasmprecompile_parse_subcommand 0 'processors' 'format=' 'backend=+' 'opt-level=' 'cpu=' 'target=+' 'features=' 'host=+' 'engine-config=+' 'like=+' 'O/optimize=+' 'C/codegen=+' 'D/debug=+' 'W/wasm=+' 'engine=' 'max-memory=' 'require-sandbox' 'version' 'h/help'
        case 'cache'
            __wasmprecompile_parse_subcommand 0 'version' 'h/help'
            switch $unparsed_tokens[1]
            case 'dir'
                __wasmprecompile_parse_subcommand 0 'format=' 'cache-dir=' 'trust-cache' 'lower-cache=+' 'version' 'h/help'
            case 'key'
                __wasmprecompile_parse_subcommand 0 'format=' 'backend=+' 'opt-level=' 'cpu=' 'target=+' 'features=' 'host=+' 'engine-config=+' 'like=+' 'O/optimize=+' 'C/codegen=+' 'D/debug=+' 'W/wasm=+' 'engine=' 'max-memory=' 'require-sandbox' 'version' 'h/help'
            case 'list'
                __wasmprecompile_parse_subcommand -r 1 'sort=' 'format=' 'cache-dir=' 'trust-cache' 'lower-cache=+' 'version' 'h/help'
            case 'stats'
                __wasmprecompile_parse_subcommand 0 'zero' 'format=' 'cache-dir=' 'trust-cache' 'lower-cache=+' 'max-size=' 'version' 'h/help'
            case 'gc'
                __wasmprecompile_parse_subcommand 0 'max-size=' 'max-age=' 'min-free=' 'old-engines' 'n/dry-run' 'format=' 'engine=' 'cache-dir=' 'trust-cache' 'lower-cache=+' 'version' 'h/help'
            case 'clear'
                __wasmprecompile_parse_subcommand -r 1 'format=' 'cache-dir=' 'trust-cache' 'lower-cache=+' 'version' 'h/help'
            case 'verify'
                __wasmprecompile_parse_subcommand 0 'repair' 'reproduce=' 'signatures' 'format=' 'backend=+' 'opt-level=' 'cpu=' 'target=+' 'features=' 'host=+' 'engine-config=+' 'like=+' 'O/optimize=+' 'C/codegen=+' 'D/debug=+' 'W/wasm=+' 'engine=' 'cache-dir=' 'trust-cache' 'lower-cache=+' 'trust=+' 'sign-with=' 'timeout=' 'max-module=' 'max-artifact=' 'max-memory=' 'require-sandbox' 'version' 'h/help'
            case 'sign'
                __wasmprecompile_parse_subcommand 0 'replace' 'format=' 'trust=+' 'sign-with=' 'cache-dir=' 'trust-cache' 'lower-cache=+' 'version' 'h/help'
            case 'attest'
                __wasmprecompile_parse_subcommand -r 1 'builder=' 'trust=+' 'sign-with=' 'cache-dir=' 'trust-cache' 'lower-cache=+' 'version' 'h/help'
            end
        case 'keys'
            __wasmprecompile_parse_subcommand 0 'version' 'h/help'
            switch $unparsed_tokens[1]
            case 'generate'
                __wasmprecompile_parse_subcommand 1 'name=' 'format=' 'version' 'h/help'
            end
        case 'remote'
            __wasmprecompile_parse_subcommand 0 'version' 'h/help'
            switch $unparsed_tokens[1]
            case 'status'
                __wasmprecompile_parse_subcommand 0 'format=' 'remote=' 'remote-upload=' 'remote-execute' 'remote-local-lanes=' 'remote-platform=+' 'remote-ca=' 'remote-certificate=' 'remote-key=' 'remote-token-file=' 'remote-salt=' 'remote-timeout=' 'version' 'h/help'
            end
        case 'config'
            __wasmprecompile_parse_subcommand 0 'version' 'h/help'
            switch $unparsed_tokens[1]
            case 'show'
                __wasmprecompile_parse_subcommand 1 'format=' 'version' 'h/help'
            end
        case 'completions'
            __wasmprecompile_parse_subcommand 1 'version' 'h/help'
        case 'help'
            __wasmprecompile_parse_subcommand -r 1 'version'
        end
    end
end

function __wasmprecompile_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __wasmprecompile_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __wasmprecompile_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __wasmprecompile_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__wasmprecompile_tokens -p)
    if test -z "$(__wasmprecompile_tokens -t)"
        set -l index (count (__wasmprecompile_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'wasmprecompile' -f
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile" -ge 1' -F
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile"' -l 'backend' -d 'Code generator: cranelift (optimizing), winch (compiles fast), pulley (portable bytecode), or a compiler\'s name.' -rfka 'cranelift\t winch\t pulley\t llvm\t wasm2c\t wasmtime-cli\t wasmer-cranelift\t wasmer-singlepass\t wasmer-llvm\t wasmedge\t wamrc\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" opt-level' -l 'opt-level' -d 'What cranelift and pulley optimize for: none, speed or speed-and-size. Default: speed.' -rfka 'none\t speed\t speed-and-size\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" cpu' -l 'cpu' -d 'Processors that the code may run on: native (this machine\'s), baseline (any of the architecture), or one by name. Default: native.' -rfka 'native\t baseline\t x86-64\t x86-64-v2\t x86-64-v3\t x86-64-v4\t nehalem\t westmere\t sandybridge\t ivybridge\t haswell\t broadwell\t skylake\t skylake-avx512\t cascadelake\t icelake-server\t sapphirerapids\t alderlake\t znver1\t znver2\t znver3\t znver4\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile"' -l 'target' -d 'Compile for another machine, with a compiler that can: aarch64-unknown-linux-gnu. Repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" features' -l 'features' -d 'How much of WebAssembly artifacts assume of their host: least or all. Default: least.' -rfka 'least\t all\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile"' -l 'host' -d 'Compile for the host that a configuration file describes in [host.NAME]. Repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile"' -l 'engine-config' -d 'Compile for an engine with the settings in this file, as `wasmtime --config` reads it. Repeatable.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile"' -l 'like' -d 'Compile for the engine that serialized this artifact: its settings are found out. Repeatable.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'cwasm\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile"' -l 'optimize' -s 'O' -d 'A setting of the host\'s engine, as `wasmtime compile` takes it: memory-reservation=0. -O help lists them.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile"' -l 'codegen' -s 'C' -d 'The same, for what `wasmtime compile` takes as -C: native-unwind-info=n.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile"' -l 'debug' -s 'D' -d 'The same, for what `wasmtime compile` takes as -D: debug-info.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile"' -l 'wasm' -s 'W' -d 'The same, for what `wasmtime compile` takes as -W: epoch-interruption, fuel=1.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" engine' -l 'engine' -d 'The libwasmtime to compile with.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'so\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" cache-dir' -l 'cache-dir' -d 'Directory of the cache.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" trust-cache' -l 'trust-cache' -d 'Use the cache even if others own, or may write to, its directory or one above it: they decide what code runs.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile"' -l 'lower-cache' -d 'A further cache to take artifacts from, which is only read: an image layer, a read-only volume, a cache of CI. Repeatable; the first that has an artifact is used.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" max-size' -l 'max-size' -d 'How large the cache may be: 500M, 5G, 5Gi, or none for any size. Default: 10G.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile"' -l 'trust' -d 'Take artifacts of other caches only if this public key signed them. Repeatable: one of several keys is enough.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'pub\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" sign-with' -l 'sign-with' -d 'Sign what is stored in the cache with this secret key.' -rfa '(set -l exts \'sec\' \'key\';for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.{$exts};printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" remote' -l 'remote' -d 'A cache on another machine, from which artifacts are fetched and in which they are stored.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" remote-upload' -l 'remote-upload' -d 'Whether what is compiled here is stored there: on or off.' -rfka 'on\t off\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" remote-execute' -l 'remote-execute' -d 'Have the server\'s workers compile what is missing; what they do not manage is compiled here.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" remote-local-lanes' -l 'remote-local-lanes' -d 'With --remote-execute: how many modules are compiled here at the same time, beside the server\'s; 0 for none.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile"' -l 'remote-platform' -d 'With --remote-execute: what a worker must have, such as OSFamily=linux; repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" remote-ca' -l 'remote-ca' -d 'Certificates of the authorities to trust instead of the system\'s, as a PEM file.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" remote-certificate' -l 'remote-certificate' -d 'The certificate that this client shows, as a PEM file.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" remote-key' -l 'remote-key' -d 'The key of that certificate, as a PEM file.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" remote-token-file' -l 'remote-token-file' -d 'A file whose first line is a bearer token for the server.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" remote-salt' -l 'remote-salt' -d 'A word that is a part of every key: another word disowns everything that was stored before.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" remote-timeout' -l 'remote-timeout' -d 'How long the server may say nothing before it is given up. Default: 5.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile"' -l 'files-from' -d 'Take the files and directories that a file lists, too, one a line.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" 0 null' -l 'null' -s '0' -d 'In lists, names end with NUL instead of a newline, as `find -print0` writes them.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile"' -l 'exclude' -d 'Leave out files and directories that match. Repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" follow-links' -l 'follow-links' -d 'Enter directories through symbolic links, too.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" j jobs' -l 'jobs' -s 'j' -d 'How many modules are compiled at the same time. Default: the processors this process may use.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" isolate' -l 'isolate' -d 'Which modules may have one compiler process after the other: module (none), origin, run (all). Default: origin.' -rfka 'module\t origin\t run\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" fail-fast' -l 'fail-fast' -d 'Begin nothing more after the first module that fails.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" dry-run n' -l 'dry-run' -s 'n' -d 'Only say what would be compiled.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" check' -l 'check' -d 'Only say what would be compiled, and fail if it is anything.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" frozen' -l 'frozen' -d 'Compile nothing, and fail if the cache lacks anything.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" verify' -l 'verify' -d 'With --check or --frozen: hash every artifact, and count a corrupt one as missing.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" force' -l 'force' -d 'Compile what the cache has, too.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" rehash' -l 'rehash' -d 'Read every file, even where its time stamps say that it is as it was.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" timeout' -l 'timeout' -d 'How long one module may take. Default: 120.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" max-module' -l 'max-module' -d 'The largest module that is read, such as 500M (decimal) or 2Gi (binary). Default: 1Gi.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" max-artifact' -l 'max-artifact' -d 'The largest artifact that is stored. Default: 4Gi.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" max-memory' -l 'max-memory' -d 'How much memory a compiler may take. Default: 4Gi.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" require-sandbox' -l 'require-sandbox' -d 'Compile nothing unless the kernel can confine compilers in every way.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" output' -l 'output' -d 'Put the artifacts into a directory, too, as the modules lie in theirs, with the suffix .cwasm.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" hard-links' -l 'hard-links' -d 'Let artifacts in --output be further names of the cache\'s own files, where they can be.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" stamp' -l 'stamp' -d 'Write a file that changes only when a module does, or what it is compiled with.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" depfile' -l 'depfile' -d 'Write what the stamp, or else each file of --output, was made from, as make and ninja read it.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" watch' -l 'watch' -d 'Precompile what is there, say that it is ready, and then follow every change until interrupted.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" exec' -l 'exec' -d 'Run a shell command when all modules are ready, and again each time some have changed or are gone.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" restart' -l 'restart' -d 'End the command of --exec when modules have changed, with all that it has started, and run it anew.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" debounce' -l 'debounce' -d 'How long a file must be quiet after a write, in milliseconds. Default: 20.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" poll' -l 'poll' -d 'Look at everything every two seconds instead of waiting for the kernel\'s word.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" clear' -l 'clear' -d 'Clear the terminal before each batch of changes.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" q quiet' -l 'quiet' -s 'q' -d 'Say only what is wrong.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" v verbose' -l 'verbose' -s 'v' -d 'Name the engine, the cache, and modules that are up to date.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" explain' -l 'explain' -d 'Say for each module why it is compiled or not.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" color' -l 'color' -d 'Whether messages are coloured: auto, always or never. Default: auto.' -rfka 'auto\t always\t never\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" format' -l 'format' -d 'What is printed: human (text), or json: one object a line on standard output. Default: human.' -rfka 'human\t json\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" timings' -l 'timings' -d 'Write a page that shows what happened when: lanes, modules by compile time, hits and misses, the critical path.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'html\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" trace' -l 'trace' -d 'Write the same in Chrome\'s trace format, for Perfetto and the like.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'json\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 1' -fa 'path' -d 'Print the paths of modules\' artifacts, for a runtime to load.'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 1' -fa 'run' -d 'Run a module or a component from the cache, compiling it first if need be.'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 1' -fa 'hash' -d 'Print modules\' hashes, by which the cache knows them.'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 1' -fa 'inspect' -d 'Show what is in a module or an artifact.'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 1' -fa 'engines' -d 'Show what modules can be compiled with, and for which hosts, or why not.'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 1' -fa 'cache' -d 'Look after the cache.'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 1' -fa 'keys' -d 'Make keys, with which artifacts are signed.'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 1' -fa 'remote' -d 'Ask about the cache on another machine.'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 1' -fa 'config' -d 'Show what is set outside the command line.'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 1' -fa 'completions' -d 'Print a shell\'s completion script.'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile path" -ge 1' -fa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'wasm\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" compile' -l 'compile' -d 'Compile modules that the cache does not have.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" verify' -l 'verify' -d 'Check the artifacts\' bytes first; a corrupt one counts as missing.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path"' -l 'files-from' -d 'Take the files and directories that a file lists, too, one a line.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" 0 null' -l 'null' -s '0' -d 'In lists, names end with NUL instead of a newline, as `find -print0` writes them.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" format' -l 'format' -d 'What is printed: human (text), or json: one object a line on standard output. Default: human.' -rfka 'human\t json\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path"' -l 'backend' -d 'Code generator: cranelift (optimizing), winch (compiles fast), pulley (portable bytecode), or a compiler\'s name.' -rfka 'cranelift\t winch\t pulley\t llvm\t wasm2c\t wasmtime-cli\t wasmer-cranelift\t wasmer-singlepass\t wasmer-llvm\t wasmedge\t wamrc\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" opt-level' -l 'opt-level' -d 'What cranelift and pulley optimize for: none, speed or speed-and-size. Default: speed.' -rfka 'none\t speed\t speed-and-size\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" cpu' -l 'cpu' -d 'Processors that the code may run on: native (this machine\'s), baseline (any of the architecture), or one by name. Default: native.' -rfka 'native\t baseline\t x86-64\t x86-64-v2\t x86-64-v3\t x86-64-v4\t nehalem\t westmere\t sandybridge\t ivybridge\t haswell\t broadwell\t skylake\t skylake-avx512\t cascadelake\t icelake-server\t sapphirerapids\t alderlake\t znver1\t znver2\t znver3\t znver4\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path"' -l 'target' -d 'Compile for another machine, with a compiler that can: aarch64-unknown-linux-gnu. Repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" features' -l 'features' -d 'How much of WebAssembly artifacts assume of their host: least or all. Default: least.' -rfka 'least\t all\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path"' -l 'host' -d 'Compile for the host that a configuration file describes in [host.NAME]. Repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path"' -l 'engine-config' -d 'Compile for an engine with the settings in this file, as `wasmtime --config` reads it. Repeatable.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path"' -l 'like' -d 'Compile for the engine that serialized this artifact: its settings are found out. Repeatable.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'cwasm\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path"' -l 'optimize' -s 'O' -d 'A setting of the host\'s engine, as `wasmtime compile` takes it: memory-reservation=0. -O help lists them.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path"' -l 'codegen' -s 'C' -d 'The same, for what `wasmtime compile` takes as -C: native-unwind-info=n.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path"' -l 'debug' -s 'D' -d 'The same, for what `wasmtime compile` takes as -D: debug-info.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path"' -l 'wasm' -s 'W' -d 'The same, for what `wasmtime compile` takes as -W: epoch-interruption, fuel=1.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" engine' -l 'engine' -d 'The libwasmtime to compile with.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'so\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" cache-dir' -l 'cache-dir' -d 'Directory of the cache.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" trust-cache' -l 'trust-cache' -d 'Use the cache even if others own, or may write to, its directory or one above it: they decide what code runs.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path"' -l 'lower-cache' -d 'A further cache to take artifacts from, which is only read: an image layer, a read-only volume, a cache of CI. Repeatable; the first that has an artifact is used.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path"' -l 'trust' -d 'Take artifacts of other caches only if this public key signed them. Repeatable: one of several keys is enough.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'pub\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" sign-with' -l 'sign-with' -d 'Sign what is stored in the cache with this secret key.' -rfa '(set -l exts \'sec\' \'key\';for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.{$exts};printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" timeout' -l 'timeout' -d 'How long one module may take. Default: 120.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" max-module' -l 'max-module' -d 'The largest module that is read, such as 500M (decimal) or 2Gi (binary). Default: 1Gi.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" max-artifact' -l 'max-artifact' -d 'The largest artifact that is stored. Default: 4Gi.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" max-memory' -l 'max-memory' -d 'How much memory a compiler may take. Default: 4Gi.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" require-sandbox' -l 'require-sandbox' -d 'Compile nothing unless the kernel can confine compilers in every way.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" remote' -l 'remote' -d 'A cache on another machine, from which artifacts are fetched and in which they are stored.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" remote-upload' -l 'remote-upload' -d 'Whether what is compiled here is stored there: on or off.' -rfka 'on\t off\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" remote-execute' -l 'remote-execute' -d 'Have the server\'s workers compile what is missing; what they do not manage is compiled here.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" remote-local-lanes' -l 'remote-local-lanes' -d 'With --remote-execute: how many modules are compiled here at the same time, beside the server\'s; 0 for none.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path"' -l 'remote-platform' -d 'With --remote-execute: what a worker must have, such as OSFamily=linux; repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" remote-ca' -l 'remote-ca' -d 'Certificates of the authorities to trust instead of the system\'s, as a PEM file.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" remote-certificate' -l 'remote-certificate' -d 'The certificate that this client shows, as a PEM file.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" remote-key' -l 'remote-key' -d 'The key of that certificate, as a PEM file.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" remote-token-file' -l 'remote-token-file' -d 'A file whose first line is a bearer token for the server.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" remote-salt' -l 'remote-salt' -d 'A word that is a part of every key: another word disowns everything that was stored before.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" remote-timeout' -l 'remote-timeout' -d 'How long the server may say nothing before it is given up. Default: 5.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile path" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile run" -eq 1' -fa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'wasm\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" invoke' -l 'invoke' -d 'Call this exported function instead and print what it returns, a line each.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" cold' -l 'cold' -d 'Also compile the module without the cache, and say how long either took before the program could start.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run"' -l 'dir' -d 'A directory that the program may read and change, by the name that it has here or another. Repeatable.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run"' -l 'env' -d 'A variable for the program\'s environment, which is empty otherwise; without a value, the one that it has here. Repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run"' -l 'backend' -d 'Code generator: cranelift (optimizing), winch (compiles fast), pulley (portable bytecode), or a compiler\'s name.' -rfka 'cranelift\t winch\t pulley\t llvm\t wasm2c\t wasmtime-cli\t wasmer-cranelift\t wasmer-singlepass\t wasmer-llvm\t wasmedge\t wamrc\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" opt-level' -l 'opt-level' -d 'What cranelift and pulley optimize for: none, speed or speed-and-size. Default: speed.' -rfka 'none\t speed\t speed-and-size\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" cpu' -l 'cpu' -d 'Processors that the code may run on: native (this machine\'s), baseline (any of the architecture), or one by name. Default: native.' -rfka 'native\t baseline\t x86-64\t x86-64-v2\t x86-64-v3\t x86-64-v4\t nehalem\t westmere\t sandybridge\t ivybridge\t haswell\t broadwell\t skylake\t skylake-avx512\t cascadelake\t icelake-server\t sapphirerapids\t alderlake\t znver1\t znver2\t znver3\t znver4\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run"' -l 'target' -d 'Compile for another machine, with a compiler that can: aarch64-unknown-linux-gnu. Repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" features' -l 'features' -d 'How much of WebAssembly artifacts assume of their host: least or all. Default: least.' -rfka 'least\t all\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run"' -l 'host' -d 'Compile for the host that a configuration file describes in [host.NAME]. Repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run"' -l 'engine-config' -d 'Compile for an engine with the settings in this file, as `wasmtime --config` reads it. Repeatable.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run"' -l 'like' -d 'Compile for the engine that serialized this artifact: its settings are found out. Repeatable.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'cwasm\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run"' -l 'optimize' -s 'O' -d 'A setting of the host\'s engine, as `wasmtime compile` takes it: memory-reservation=0. -O help lists them.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run"' -l 'codegen' -s 'C' -d 'The same, for what `wasmtime compile` takes as -C: native-unwind-info=n.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run"' -l 'debug' -s 'D' -d 'The same, for what `wasmtime compile` takes as -D: debug-info.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run"' -l 'wasm' -s 'W' -d 'The same, for what `wasmtime compile` takes as -W: epoch-interruption, fuel=1.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" engine' -l 'engine' -d 'The libwasmtime to compile with.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'so\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" cache-dir' -l 'cache-dir' -d 'Directory of the cache.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" trust-cache' -l 'trust-cache' -d 'Use the cache even if others own, or may write to, its directory or one above it: they decide what code runs.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run"' -l 'lower-cache' -d 'A further cache to take artifacts from, which is only read: an image layer, a read-only volume, a cache of CI. Repeatable; the first that has an artifact is used.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run"' -l 'trust' -d 'Take artifacts of other caches only if this public key signed them. Repeatable: one of several keys is enough.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'pub\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" sign-with' -l 'sign-with' -d 'Sign what is stored in the cache with this secret key.' -rfa '(set -l exts \'sec\' \'key\';for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.{$exts};printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" timeout' -l 'timeout' -d 'How long one module may take. Default: 120.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" max-module' -l 'max-module' -d 'The largest module that is read, such as 500M (decimal) or 2Gi (binary). Default: 1Gi.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" max-artifact' -l 'max-artifact' -d 'The largest artifact that is stored. Default: 4Gi.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" max-memory' -l 'max-memory' -d 'How much memory a compiler may take. Default: 4Gi.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" require-sandbox' -l 'require-sandbox' -d 'Compile nothing unless the kernel can confine compilers in every way.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" remote' -l 'remote' -d 'A cache on another machine, from which artifacts are fetched and in which they are stored.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" remote-upload' -l 'remote-upload' -d 'Whether what is compiled here is stored there: on or off.' -rfka 'on\t off\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" remote-execute' -l 'remote-execute' -d 'Have the server\'s workers compile what is missing; what they do not manage is compiled here.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" remote-local-lanes' -l 'remote-local-lanes' -d 'With --remote-execute: how many modules are compiled here at the same time, beside the server\'s; 0 for none.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run"' -l 'remote-platform' -d 'With --remote-execute: what a worker must have, such as OSFamily=linux; repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" remote-ca' -l 'remote-ca' -d 'Certificates of the authorities to trust instead of the system\'s, as a PEM file.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" remote-certificate' -l 'remote-certificate' -d 'The certificate that this client shows, as a PEM file.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" remote-key' -l 'remote-key' -d 'The key of that certificate, as a PEM file.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" remote-token-file' -l 'remote-token-file' -d 'A file whose first line is a bearer token for the server.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" remote-salt' -l 'remote-salt' -d 'A word that is a part of every key: another word disowns everything that was stored before.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" remote-timeout' -l 'remote-timeout' -d 'How long the server may say nothing before it is given up. Default: 5.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile run" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile hash" -ge 1' -F
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile hash" format' -l 'format' -d 'What is printed: human (text), or json: one object a line on standard output. Default: human.' -rfka 'human\t json\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile hash" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile hash" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile inspect" -eq 1' -fa '(set -l exts \'wasm\' \'cwasm\';for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.{$exts};printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect" functions' -l 'functions' -d 'How many functions to name, the largest first.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect" format' -l 'format' -d 'What is printed: human (text), or json: one object a line on standard output. Default: human.' -rfka 'human\t json\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect"' -l 'backend' -d 'Code generator: cranelift (optimizing), winch (compiles fast), pulley (portable bytecode), or a compiler\'s name.' -rfka 'cranelift\t winch\t pulley\t llvm\t wasm2c\t wasmtime-cli\t wasmer-cranelift\t wasmer-singlepass\t wasmer-llvm\t wasmedge\t wamrc\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect" opt-level' -l 'opt-level' -d 'What cranelift and pulley optimize for: none, speed or speed-and-size. Default: speed.' -rfka 'none\t speed\t speed-and-size\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect" cpu' -l 'cpu' -d 'Processors that the code may run on: native (this machine\'s), baseline (any of the architecture), or one by name. Default: native.' -rfka 'native\t baseline\t x86-64\t x86-64-v2\t x86-64-v3\t x86-64-v4\t nehalem\t westmere\t sandybridge\t ivybridge\t haswell\t broadwell\t skylake\t skylake-avx512\t cascadelake\t icelake-server\t sapphirerapids\t alderlake\t znver1\t znver2\t znver3\t znver4\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect"' -l 'target' -d 'Compile for another machine, with a compiler that can: aarch64-unknown-linux-gnu. Repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect" features' -l 'features' -d 'How much of WebAssembly artifacts assume of their host: least or all. Default: least.' -rfka 'least\t all\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect"' -l 'host' -d 'Compile for the host that a configuration file describes in [host.NAME]. Repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect"' -l 'engine-config' -d 'Compile for an engine with the settings in this file, as `wasmtime --config` reads it. Repeatable.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect"' -l 'like' -d 'Compile for the engine that serialized this artifact: its settings are found out. Repeatable.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'cwasm\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect"' -l 'optimize' -s 'O' -d 'A setting of the host\'s engine, as `wasmtime compile` takes it: memory-reservation=0. -O help lists them.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect"' -l 'codegen' -s 'C' -d 'The same, for what `wasmtime compile` takes as -C: native-unwind-info=n.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect"' -l 'debug' -s 'D' -d 'The same, for what `wasmtime compile` takes as -D: debug-info.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect"' -l 'wasm' -s 'W' -d 'The same, for what `wasmtime compile` takes as -W: epoch-interruption, fuel=1.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect" engine' -l 'engine' -d 'The libwasmtime to compile with.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'so\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect" cache-dir' -l 'cache-dir' -d 'Directory of the cache.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect" trust-cache' -l 'trust-cache' -d 'Use the cache even if others own, or may write to, its directory or one above it: they decide what code runs.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect"' -l 'lower-cache' -d 'A further cache to take artifacts from, which is only read: an image layer, a read-only volume, a cache of CI. Repeatable; the first that has an artifact is used.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile inspect" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines" processors' -l 'processors' -d 'List the processors that --cpu knows, with their features, and end.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines" format' -l 'format' -d 'What is printed: human (text), or json: one object a line on standard output. Default: human.' -rfka 'human\t json\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines"' -l 'backend' -d 'Code generator: cranelift (optimizing), winch (compiles fast), pulley (portable bytecode), or a compiler\'s name.' -rfka 'cranelift\t winch\t pulley\t llvm\t wasm2c\t wasmtime-cli\t wasmer-cranelift\t wasmer-singlepass\t wasmer-llvm\t wasmedge\t wamrc\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines" opt-level' -l 'opt-level' -d 'What cranelift and pulley optimize for: none, speed or speed-and-size. Default: speed.' -rfka 'none\t speed\t speed-and-size\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines" cpu' -l 'cpu' -d 'Processors that the code may run on: native (this machine\'s), baseline (any of the architecture), or one by name. Default: native.' -rfka 'native\t baseline\t x86-64\t x86-64-v2\t x86-64-v3\t x86-64-v4\t nehalem\t westmere\t sandybridge\t ivybridge\t haswell\t broadwell\t skylake\t skylake-avx512\t cascadelake\t icelake-server\t sapphirerapids\t alderlake\t znver1\t znver2\t znver3\t znver4\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines"' -l 'target' -d 'Compile for another machine, with a compiler that can: aarch64-unknown-linux-gnu. Repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines" features' -l 'features' -d 'How much of WebAssembly artifacts assume of their host: least or all. Default: least.' -rfka 'least\t all\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines"' -l 'host' -d 'Compile for the host that a configuration file describes in [host.NAME]. Repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines"' -l 'engine-config' -d 'Compile for an engine with the settings in this file, as `wasmtime --config` reads it. Repeatable.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines"' -l 'like' -d 'Compile for the engine that serialized this artifact: its settings are found out. Repeatable.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'cwasm\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines"' -l 'optimize' -s 'O' -d 'A setting of the host\'s engine, as `wasmtime compile` takes it: memory-reservation=0. -O help lists them.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines"' -l 'codegen' -s 'C' -d 'The same, for what `wasmtime compile` takes as -C: native-unwind-info=n.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines"' -l 'debug' -s 'D' -d 'The same, for what `wasmtime compile` takes as -D: debug-info.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines"' -l 'wasm' -s 'W' -d 'The same, for what `wasmtime compile` takes as -W: epoch-interruption, fuel=1.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines" engine' -l 'engine' -d 'The libwasmtime to compile with.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'so\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines" max-memory' -l 'max-memory' -d 'How much memory a compiler may take. Default: 4Gi.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines" require-sandbox' -l 'require-sandbox' -d 'Compile nothing unless the kernel can confine compilers in every way.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile engines" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile cache" -eq 1' -fa 'dir' -d 'Print the cache\'s directory.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile cache" -eq 1' -fa 'key' -d 'Print one word that names what a run would make, for the cache steps of CI.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile cache" -eq 1' -fa 'list' -d 'Show what the cache holds: a line for each artifact.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile cache" -eq 1' -fa 'stats' -d 'Show what the cache holds and how much time it saved.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile cache" -eq 1' -fa 'gc' -d 'Make room: remove what is not used, what was used longest ago first.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile cache" -eq 1' -fa 'clear' -d 'Remove every artifact, and what is remembered of files and engines.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile cache" -eq 1' -fa 'verify' -d 'Check every artifact\'s bytes against its digest.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile cache" -eq 1' -fa 'sign' -d 'Sign the artifacts that are there and not signed.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile cache" -eq 1' -fa 'attest' -d 'Say in in-toto\'s words who made what, for tools that know nothing of the cache.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache dir" format' -l 'format' -d 'What is printed: human (text), or json: one object a line on standard output. Default: human.' -rfka 'human\t json\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache dir" cache-dir' -l 'cache-dir' -d 'Directory of the cache.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache dir" trust-cache' -l 'trust-cache' -d 'Use the cache even if others own, or may write to, its directory or one above it: they decide what code runs.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache dir"' -l 'lower-cache' -d 'A further cache to take artifacts from, which is only read: an image layer, a read-only volume, a cache of CI. Repeatable; the first that has an artifact is used.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache dir" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache dir" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key" format' -l 'format' -d 'What is printed: human (text), or json: one object a line on standard output. Default: human.' -rfka 'human\t json\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key"' -l 'backend' -d 'Code generator: cranelift (optimizing), winch (compiles fast), pulley (portable bytecode), or a compiler\'s name.' -rfka 'cranelift\t winch\t pulley\t llvm\t wasm2c\t wasmtime-cli\t wasmer-cranelift\t wasmer-singlepass\t wasmer-llvm\t wasmedge\t wamrc\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key" opt-level' -l 'opt-level' -d 'What cranelift and pulley optimize for: none, speed or speed-and-size. Default: speed.' -rfka 'none\t speed\t speed-and-size\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key" cpu' -l 'cpu' -d 'Processors that the code may run on: native (this machine\'s), baseline (any of the architecture), or one by name. Default: native.' -rfka 'native\t baseline\t x86-64\t x86-64-v2\t x86-64-v3\t x86-64-v4\t nehalem\t westmere\t sandybridge\t ivybridge\t haswell\t broadwell\t skylake\t skylake-avx512\t cascadelake\t icelake-server\t sapphirerapids\t alderlake\t znver1\t znver2\t znver3\t znver4\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key"' -l 'target' -d 'Compile for another machine, with a compiler that can: aarch64-unknown-linux-gnu. Repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key" features' -l 'features' -d 'How much of WebAssembly artifacts assume of their host: least or all. Default: least.' -rfka 'least\t all\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key"' -l 'host' -d 'Compile for the host that a configuration file describes in [host.NAME]. Repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key"' -l 'engine-config' -d 'Compile for an engine with the settings in this file, as `wasmtime --config` reads it. Repeatable.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key"' -l 'like' -d 'Compile for the engine that serialized this artifact: its settings are found out. Repeatable.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'cwasm\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key"' -l 'optimize' -s 'O' -d 'A setting of the host\'s engine, as `wasmtime compile` takes it: memory-reservation=0. -O help lists them.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key"' -l 'codegen' -s 'C' -d 'The same, for what `wasmtime compile` takes as -C: native-unwind-info=n.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key"' -l 'debug' -s 'D' -d 'The same, for what `wasmtime compile` takes as -D: debug-info.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key"' -l 'wasm' -s 'W' -d 'The same, for what `wasmtime compile` takes as -W: epoch-interruption, fuel=1.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key" engine' -l 'engine' -d 'The libwasmtime to compile with.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'so\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key" max-memory' -l 'max-memory' -d 'How much memory a compiler may take. Default: 4Gi.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key" require-sandbox' -l 'require-sandbox' -d 'Compile nothing unless the kernel can confine compilers in every way.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache key" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile cache list" -ge 1' -F
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache list" sort' -l 'sort' -d 'What comes first: path, size (the largest), age (the oldest) or last-use (the longest ago).' -rfka 'path\t size\t age\t last-use\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache list" format' -l 'format' -d 'What is printed: human (text), or json: one object a line on standard output. Default: human.' -rfka 'human\t json\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache list" cache-dir' -l 'cache-dir' -d 'Directory of the cache.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache list" trust-cache' -l 'trust-cache' -d 'Use the cache even if others own, or may write to, its directory or one above it: they decide what code runs.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache list"' -l 'lower-cache' -d 'A further cache to take artifacts from, which is only read: an image layer, a read-only volume, a cache of CI. Repeatable; the first that has an artifact is used.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache list" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache stats" zero' -l 'zero' -d 'Begin to count anew afterwards.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache stats" format' -l 'format' -d 'What is printed: human (text), or json: one object a line on standard output. Default: human.' -rfka 'human\t json\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache stats" cache-dir' -l 'cache-dir' -d 'Directory of the cache.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache stats" trust-cache' -l 'trust-cache' -d 'Use the cache even if others own, or may write to, its directory or one above it: they decide what code runs.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache stats"' -l 'lower-cache' -d 'A further cache to take artifacts from, which is only read: an image layer, a read-only volume, a cache of CI. Repeatable; the first that has an artifact is used.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache stats" max-size' -l 'max-size' -d 'How large the cache may be: 500M, 5G, 5Gi, or none for any size. Default: 10G.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache stats" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache stats" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache gc" max-size' -l 'max-size' -d 'How large the cache may be: 500M, 5G, 5Gi, or none for any size. Default: 10G.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache gc" max-age' -l 'max-age' -d 'Remove what was not used for so long: 30d, 12h, 2w.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache gc" min-free' -l 'min-free' -d 'Remove until so much of the cache\'s file system is free: 10%, or a size.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache gc" old-engines' -l 'old-engines' -d 'Remove artifacts of all engines but those that are found now.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache gc" dry-run n' -s 'n' -l 'dry-run' -d 'Only say what would be removed.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache gc" format' -l 'format' -d 'What is printed: human (text), or json: one object a line on standard output. Default: human.' -rfka 'human\t json\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache gc" engine' -l 'engine' -d 'The libwasmtime to compile with.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'so\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache gc" cache-dir' -l 'cache-dir' -d 'Directory of the cache.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache gc" trust-cache' -l 'trust-cache' -d 'Use the cache even if others own, or may write to, its directory or one above it: they decide what code runs.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache gc"' -l 'lower-cache' -d 'A further cache to take artifacts from, which is only read: an image layer, a read-only volume, a cache of CI. Repeatable; the first that has an artifact is used.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache gc" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache gc" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile cache clear" -ge 1' -F
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache clear" format' -l 'format' -d 'What is printed: human (text), or json: one object a line on standard output. Default: human.' -rfka 'human\t json\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache clear" cache-dir' -l 'cache-dir' -d 'Directory of the cache.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache clear" trust-cache' -l 'trust-cache' -d 'Use the cache even if others own, or may write to, its directory or one above it: they decide what code runs.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache clear"' -l 'lower-cache' -d 'A further cache to take artifacts from, which is only read: an image layer, a read-only volume, a cache of CI. Repeatable; the first that has an artifact is used.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache clear" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache clear" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" repair' -l 'repair' -d 'Move bad artifacts to the cache\'s directory "corrupt", so that the next run makes them again, and make links that were lost in copying.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" reproduce' -l 'reproduce' -d 'Compile the modules of so many artifacts again, drawn at random, and compare the bytes: a number, a share such as 5%, or all.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" signatures' -l 'signatures' -d 'Check signatures, too: each artifact must be signed by one of the keys that --trust names.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" format' -l 'format' -d 'What is printed: human (text), or json: one object a line on standard output. Default: human.' -rfka 'human\t json\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify"' -l 'backend' -d 'Code generator: cranelift (optimizing), winch (compiles fast), pulley (portable bytecode), or a compiler\'s name.' -rfka 'cranelift\t winch\t pulley\t llvm\t wasm2c\t wasmtime-cli\t wasmer-cranelift\t wasmer-singlepass\t wasmer-llvm\t wasmedge\t wamrc\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" opt-level' -l 'opt-level' -d 'What cranelift and pulley optimize for: none, speed or speed-and-size. Default: speed.' -rfka 'none\t speed\t speed-and-size\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" cpu' -l 'cpu' -d 'Processors that the code may run on: native (this machine\'s), baseline (any of the architecture), or one by name. Default: native.' -rfka 'native\t baseline\t x86-64\t x86-64-v2\t x86-64-v3\t x86-64-v4\t nehalem\t westmere\t sandybridge\t ivybridge\t haswell\t broadwell\t skylake\t skylake-avx512\t cascadelake\t icelake-server\t sapphirerapids\t alderlake\t znver1\t znver2\t znver3\t znver4\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify"' -l 'target' -d 'Compile for another machine, with a compiler that can: aarch64-unknown-linux-gnu. Repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" features' -l 'features' -d 'How much of WebAssembly artifacts assume of their host: least or all. Default: least.' -rfka 'least\t all\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify"' -l 'host' -d 'Compile for the host that a configuration file describes in [host.NAME]. Repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify"' -l 'engine-config' -d 'Compile for an engine with the settings in this file, as `wasmtime --config` reads it. Repeatable.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'toml\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify"' -l 'like' -d 'Compile for the engine that serialized this artifact: its settings are found out. Repeatable.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'cwasm\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify"' -l 'optimize' -s 'O' -d 'A setting of the host\'s engine, as `wasmtime compile` takes it: memory-reservation=0. -O help lists them.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify"' -l 'codegen' -s 'C' -d 'The same, for what `wasmtime compile` takes as -C: native-unwind-info=n.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify"' -l 'debug' -s 'D' -d 'The same, for what `wasmtime compile` takes as -D: debug-info.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify"' -l 'wasm' -s 'W' -d 'The same, for what `wasmtime compile` takes as -W: epoch-interruption, fuel=1.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" engine' -l 'engine' -d 'The libwasmtime to compile with.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'so\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" cache-dir' -l 'cache-dir' -d 'Directory of the cache.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" trust-cache' -l 'trust-cache' -d 'Use the cache even if others own, or may write to, its directory or one above it: they decide what code runs.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify"' -l 'lower-cache' -d 'A further cache to take artifacts from, which is only read: an image layer, a read-only volume, a cache of CI. Repeatable; the first that has an artifact is used.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify"' -l 'trust' -d 'Take artifacts of other caches only if this public key signed them. Repeatable: one of several keys is enough.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'pub\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" sign-with' -l 'sign-with' -d 'Sign what is stored in the cache with this secret key.' -rfa '(set -l exts \'sec\' \'key\';for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.{$exts};printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" timeout' -l 'timeout' -d 'How long one module may take. Default: 120.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" max-module' -l 'max-module' -d 'The largest module that is read, such as 500M (decimal) or 2Gi (binary). Default: 1Gi.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" max-artifact' -l 'max-artifact' -d 'The largest artifact that is stored. Default: 4Gi.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" max-memory' -l 'max-memory' -d 'How much memory a compiler may take. Default: 4Gi.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" require-sandbox' -l 'require-sandbox' -d 'Compile nothing unless the kernel can confine compilers in every way.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache verify" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache sign" replace' -l 'replace' -d 'Sign what another key has signed, too, in its place.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache sign" format' -l 'format' -d 'What is printed: human (text), or json: one object a line on standard output. Default: human.' -rfka 'human\t json\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache sign"' -l 'trust' -d 'Take artifacts of other caches only if this public key signed them. Repeatable: one of several keys is enough.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'pub\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache sign" sign-with' -l 'sign-with' -d 'Sign what is stored in the cache with this secret key.' -rfa '(set -l exts \'sec\' \'key\';for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.{$exts};printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache sign" cache-dir' -l 'cache-dir' -d 'Directory of the cache.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache sign" trust-cache' -l 'trust-cache' -d 'Use the cache even if others own, or may write to, its directory or one above it: they decide what code runs.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache sign"' -l 'lower-cache' -d 'A further cache to take artifacts from, which is only read: an image layer, a read-only volume, a cache of CI. Repeatable; the first that has an artifact is used.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache sign" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache sign" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile cache attest" -ge 1' -F
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache attest" builder' -l 'builder' -d 'Who compiled the artifacts: a URI that verifiers know the builder by.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache attest"' -l 'trust' -d 'Take artifacts of other caches only if this public key signed them. Repeatable: one of several keys is enough.' -rfa '(for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.\'pub\';printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache attest" sign-with' -l 'sign-with' -d 'Sign what is stored in the cache with this secret key.' -rfa '(set -l exts \'sec\' \'key\';for p in (string match -e -- \'*/\' (commandline -t);or printf \n)*.{$exts};printf %s\n $p;end;__fish_complete_directories (commandline -t) \'\')'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache attest" cache-dir' -l 'cache-dir' -d 'Directory of the cache.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache attest" trust-cache' -l 'trust-cache' -d 'Use the cache even if others own, or may write to, its directory or one above it: they decide what code runs.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache attest"' -l 'lower-cache' -d 'A further cache to take artifacts from, which is only read: an image layer, a read-only volume, a cache of CI. Repeatable; the first that has an artifact is used.' -rfa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache attest" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile cache attest" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile keys" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile keys" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile keys" -eq 1' -fa 'generate' -d 'Make a pair of keys: a secret one, which signs, and a public one, which is trusted.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile keys generate" name' -l 'name' -d 'What the files are called, without .pub and .sec: letters, digits, dots, dashes and underscores.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile keys generate" -eq 1' -fa '(__wasmprecompile_complete_directories)'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile keys generate" format' -l 'format' -d 'What is printed: human (text), or json: one object a line on standard output. Default: human.' -rfka 'human\t json\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile keys generate" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile keys generate" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile remote" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile remote" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile remote" -eq 1' -fa 'status' -d 'Connect to the cache on another machine, and print what it is.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile remote status" format' -l 'format' -d 'What is printed: human (text), or json: one object a line on standard output. Default: human.' -rfka 'human\t json\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile remote status" remote' -l 'remote' -d 'A cache on another machine, from which artifacts are fetched and in which they are stored.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile remote status" remote-upload' -l 'remote-upload' -d 'Whether what is compiled here is stored there: on or off.' -rfka 'on\t off\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile remote status" remote-execute' -l 'remote-execute' -d 'Have the server\'s workers compile what is missing; what they do not manage is compiled here.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile remote status" remote-local-lanes' -l 'remote-local-lanes' -d 'With --remote-execute: how many modules are compiled here at the same time, beside the server\'s; 0 for none.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile remote status"' -l 'remote-platform' -d 'With --remote-execute: what a worker must have, such as OSFamily=linux; repeatable.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile remote status" remote-ca' -l 'remote-ca' -d 'Certificates of the authorities to trust instead of the system\'s, as a PEM file.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile remote status" remote-certificate' -l 'remote-certificate' -d 'The certificate that this client shows, as a PEM file.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile remote status" remote-key' -l 'remote-key' -d 'The key of that certificate, as a PEM file.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile remote status" remote-token-file' -l 'remote-token-file' -d 'A file whose first line is a bearer token for the server.' -rF
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile remote status" remote-salt' -l 'remote-salt' -d 'A word that is a part of every key: another word disowns everything that was stored before.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile remote status" remote-timeout' -l 'remote-timeout' -d 'How long the server may say nothing before it is given up. Default: 5.' -rfka ''
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile remote status" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile remote status" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile config" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile config" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile config" -eq 1' -fa 'show' -d 'Print each setting with its value and where that comes from.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile config show" -eq 1' -F
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile config show" format' -l 'format' -d 'What is printed: human (text), or json: one object a line on standard output. Default: human.' -rfka 'human\t json\t'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile config show" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile config show" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_positional "wasmprecompile completions" -eq 1' -fka 'bash zsh fish'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile completions" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile completions" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'wasmprecompile' -n '__wasmprecompile_should_offer_completions_for_flags_or_options "wasmprecompile help" version' -l 'version' -d 'Show the version.'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 2; and test (commandline -opc)[2] = help' -fa 'path'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 2; and test (commandline -opc)[2] = help' -fa 'run'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 2; and test (commandline -opc)[2] = help' -fa 'hash'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 2; and test (commandline -opc)[2] = help' -fa 'inspect'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 2; and test (commandline -opc)[2] = help' -fa 'engines'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 2; and test (commandline -opc)[2] = help' -fa 'cache'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 3; and test (commandline -opc)[3] = cache; and test (commandline -opc)[2] = help' -fa 'dir'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 3; and test (commandline -opc)[3] = cache; and test (commandline -opc)[2] = help' -fa 'key'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 3; and test (commandline -opc)[3] = cache; and test (commandline -opc)[2] = help' -fa 'list'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 3; and test (commandline -opc)[3] = cache; and test (commandline -opc)[2] = help' -fa 'stats'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 3; and test (commandline -opc)[3] = cache; and test (commandline -opc)[2] = help' -fa 'gc'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 3; and test (commandline -opc)[3] = cache; and test (commandline -opc)[2] = help' -fa 'clear'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 3; and test (commandline -opc)[3] = cache; and test (commandline -opc)[2] = help' -fa 'verify'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 3; and test (commandline -opc)[3] = cache; and test (commandline -opc)[2] = help' -fa 'sign'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 3; and test (commandline -opc)[3] = cache; and test (commandline -opc)[2] = help' -fa 'attest'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 2; and test (commandline -opc)[2] = help' -fa 'keys'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 3; and test (commandline -opc)[3] = keys; and test (commandline -opc)[2] = help' -fa 'generate'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 2; and test (commandline -opc)[2] = help' -fa 'remote'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 3; and test (commandline -opc)[3] = remote; and test (commandline -opc)[2] = help' -fa 'status'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 2; and test (commandline -opc)[2] = help' -fa 'config'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 3; and test (commandline -opc)[3] = config; and test (commandline -opc)[2] = help' -fa 'show'
complete -c 'wasmprecompile' -n 'test (count (commandline -opc)) -eq 2; and test (commandline -opc)[2] = help' -fa 'completions'
