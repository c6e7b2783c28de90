#!/bin/sh
# A Spring Boot fat jar and a plain class path, started without a flag, on a model: interop/spring-boot/run.sh FILE.gguf
# Builds the application against the jars of this checkout, in a local Maven repository of its own (below target), prints
# kernels and tokens/s of each beside those of ./jemma bench, and fails if one does not run on emitted kernels.
set -eu

[ $# -eq 1 ] && [ -e "$1" ] || {
    sed -n '2,4p' "$0" | sed 's/^# //' >&2
    exit 2
}
model=$(CDPATH='' cd -- "$(dirname -- "$1")" && pwd -P)/$(basename -- "$1")
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
HOME_DIR=$(CDPATH='' cd -- "$here/../.." && pwd -P)
. "$HOME_DIR/bin/find-jdk.sh"
find_jdk || exit 1
check_maven || exit 1
export JAVA_HOME="$JDK"
unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS JEMMA_JAVA_OPTS || :

"$HOME_DIR/jemma" --version >/dev/null # builds what is not built
repository=$here/target/repository
log=$here/target/build.log
mkdir -p "$here/target"
: >"$log"
maven() {
    mvn -B "-Dmaven.repo.local=$repository" "$@" >>"$log" 2>&1 || {
        grep -a -m 3 '^\[ERROR\]' "$log" | cut -c 1-300 >&2 || :
        echo "the build failed; see $log" >&2
        exit 1
    }
}
install() {
    maven org.apache.maven.plugins:maven-install-plugin:3.1.4:install-file "$@"
}
install "-Dfile=$HOME_DIR/pom.xml" "-DpomFile=$HOME_DIR/pom.xml" -Dpackaging=pom
install "-Dfile=$(ls "$HOME_DIR"/cli/target/lib/jemma-core-*.jar)" "-DpomFile=$HOME_DIR/core/pom.xml"
maven -U -f "$here/pom.xml" package

failed=0
# Runs what its arguments say after the name $1, which must print x86 kernels.
measure() {
    name=$1
    shift
    echo "== $name"
    "$@" "--model=$model" >"$here/target/$name.out" 2>"$here/target/$name.err" || failed=1
    grep -E '^(kernels|prompt|decode) ' "$here/target/$name.out" || :
    grep -a 'WARNING' "$here/target/$name.err" | head -n 1 || :
    grep -q '^kernels x86-' "$here/target/$name.out" || {
        echo "$name: no emitted kernels; see $here/target/$name.err" >&2
        failed=1
    }
}
measure fat-jar "$JDK/bin/java" -jar "$here/target/app.jar"

# The same classes as a plain class path, without the manifest's line.
rm -rf "$here/target/plain"
mkdir -p "$here/target/plain"
(cd "$here/target/plain" && "$JDK/bin/jar" xf ../app.jar BOOT-INF)
measure class-path "$JDK/bin/java" \
    -cp "$here/target/plain/BOOT-INF/classes:$here/target/plain/BOOT-INF/lib/*" dev.jemma.interop.Application

echo "== jemma bench"
"$HOME_DIR/jemma" bench -m "$model" 2>/dev/null
exit $failed
