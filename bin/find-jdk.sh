# Sourced by ./jemma and ./test: finds a JDK of at least this version and puts its folder into JDK.
# Looks at JEMMA_JAVA_HOME, JAVA_HOME, the java on the PATH, then the usual folders of Linux and macOS.
# POSIX sh; starts no Java unless a JDK has no release file.

JDK_WANTED=25

# Prints the feature version (21, 25, …) of the Java in folder $1; nothing if there is none.
jdk_version() {
    [ -x "$1/bin/java" ] || return 0
    jdk_text=
    if [ -r "$1/release" ]; then
        jdk_text=$(sed -n 's/^JAVA_VERSION="\{0,1\}\([^"]*\).*/\1/p' "$1/release" | head -n 1)
    fi
    if [ -z "$jdk_text" ]; then
        jdk_text=$("$1/bin/java" -version 2>&1 | sed -n 's/.*version "\([^"]*\)".*/\1/p' | head -n 1)
    fi
    jdk_text=${jdk_text#1.} # 1.8.0_402 is 8
    printf '%s\n' "$jdk_text" | sed 's/[^0-9].*//'
}

# Succeeds if folder $1 holds a whole JDK (with a compiler) that is new enough; $2 is "exact" to want just JDK_WANTED.
jdk_fits() {
    [ -n "$1" ] && [ -x "$1/bin/javac" ] || return 1
    jdk_found=$(jdk_version "$1")
    [ -n "$jdk_found" ] || return 1
    if [ "${2:-}" = exact ]; then
        [ "$jdk_found" -eq "$JDK_WANTED" ]
    else
        [ "$jdk_found" -ge "$JDK_WANTED" ]
    fi
}

# Prints the Java folder of the java on the PATH, symbolic links followed.
jdk_on_path() {
    jdk_java=$(command -v java 2>/dev/null) || return 0
    if [ "$jdk_java" = /usr/bin/java ] && [ -x /usr/libexec/java_home ]; then # macOS: a stub, which knows the real ones
        /usr/libexec/java_home -v "$JDK_WANTED+" 2>/dev/null || :
        return 0
    fi
    while [ -h "$jdk_java" ]; do
        jdk_link=$(readlink "$jdk_java")
        case $jdk_link in
        /*) jdk_java=$jdk_link ;;
        *) jdk_java=${jdk_java%/*}/$jdk_link ;;
        esac
    done
    case $jdk_java in
    */bin/java) (CDPATH='' cd -- "${jdk_java%/bin/java}" 2>/dev/null && pwd -P) || : ;;
    esac
}

# Sets JDK, or prints what to do and returns 1.
find_jdk() {
    if [ -n "${JEMMA_JAVA_HOME:-}" ]; then # an explicit wish is never passed over in silence
        if jdk_fits "$JEMMA_JAVA_HOME"; then
            JDK=$JEMMA_JAVA_HOME
            return 0
        fi
        echo "jemma: JEMMA_JAVA_HOME=$JEMMA_JAVA_HOME is not a JDK of version $JDK_WANTED or newer; correct or unset it" >&2
        return 1
    fi
    for JDK in "${JAVA_HOME:-}" "$(jdk_on_path)"; do
        if jdk_fits "$JDK"; then
            return 0
        fi
    done
    for jdk_mode in exact newer; do
        for JDK in \
            /usr/lib/jvm/* /usr/lib64/jvm/* /usr/local/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* /opt/*jdk* \
            "${HOME:-/nonexistent}"/.sdkman/candidates/java/* "${HOME:-/nonexistent}"/.jdks/* \
            "${HOME:-/nonexistent}"/.asdf/installs/java/* "${HOME:-/nonexistent}"/.local/share/mise/installs/java/* \
            /Library/Java/JavaVirtualMachines/*/Contents/Home \
            "${HOME:-/nonexistent}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
            /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
            /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
            if jdk_fits "$JDK" "$jdk_mode"; then
                return 0
            fi
        done
    done
    JDK=
    cat >&2 <<EOF
jemma: no JDK $JDK_WANTED or newer was found (looked at JEMMA_JAVA_HOME, JAVA_HOME, the PATH and the usual folders).
Get one with your package manager, for example
  Debian, Ubuntu   apt install openjdk-$JDK_WANTED-jdk      Fedora   dnf install java-$JDK_WANTED-openjdk-devel
  macOS            brew install openjdk@$JDK_WANTED         SDKMAN   sdk install java $JDK_WANTED-tem
or from https://adoptium.net; then try again, or set JEMMA_JAVA_HOME to its folder.
EOF
    return 1
}

# Checks that a Maven new enough is on the PATH, or says what to do and returns 1.
check_maven() {
    if ! command -v mvn >/dev/null 2>&1; then
        echo "jemma: building needs Maven 3.8 or newer, and there is no mvn on the PATH; install it (apt install maven, dnf install maven, brew install maven) and try again" >&2
        return 1
    fi
    mvn_text=$(JAVA_HOME=$JDK mvn -v 2>/dev/null | sed -n 's/.*Apache Maven \([0-9][0-9.]*\).*/\1/p' | head -n 1)
    mvn_major=${mvn_text%%.*}
    mvn_rest=${mvn_text#*.}
    mvn_minor=${mvn_rest%%.*}
    if [ -z "$mvn_text" ]; then
        echo "jemma: 'mvn -v' does not say its version; Maven 3.8 or newer is needed to build" >&2
        return 1
    fi
    if [ "$mvn_major" -lt 3 ] || { [ "$mvn_major" -eq 3 ] && [ "$mvn_minor" -lt 8 ]; }; then
        echo "jemma: the Maven on the PATH is $mvn_text; building needs 3.8 or newer" >&2
        return 1
    fi
}
