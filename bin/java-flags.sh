# Sourced by ./jemma: with which flags Java starts a command. POSIX sh; starts no program.

# Succeeds if kernels written at run time can be expected to run, which need no module: Linux on a processor with AVX2,
# FMA and F16C, as $1 (/proc/cpuinfo) tells, unless the flags in $2 choose the Vector API.
emits() {
    case " $2 " in
    *" -Djemma.emit=off "* | *" -Djemma.kernels=vector"*) return 1 ;;
    esac
    [ -r "$1" ] || return 1
    while read -r emits_name emits_words; do
        [ "$emits_name" = flags ] || continue
        for emits_wanted in avx2 fma f16c; do
            case " $emits_words " in
            *" $emits_wanted "*) ;;
            *) return 1 ;;
            esac
        done
        return 0
    done <"$1"
    return 1
}

# Sets CACHE_NAME, the name of the cache of loaded classes for the JDK in folder $1 and the kind of flags $2: another JDK has another.
cache_name() {
    cache_version=
    if [ -r "$1/release" ]; then
        while IFS='=' read -r cache_key cache_value; do
            if [ "$cache_key" = JAVA_RUNTIME_VERSION ]; then
                cache_version=${cache_value#\"}
                cache_version=${cache_version%\"}
            fi
        done <"$1/release"
    fi
    CACHE_NAME=start-${1##*/}-$cache_version$2.aot
}

# Succeeds if the cache $1 is there and younger than all that it was made from.
cache_fits() {
    [ -f "$1" ] || return 1
    for cache_jar in "$HOME_DIR"/cli/target/jemma-cli.jar "$HOME_DIR"/cli/target/lib/*.jar; do
        [ "$1" -nt "$cache_jar" ] || [ ! -e "$cache_jar" ] || return 1
    done
}
