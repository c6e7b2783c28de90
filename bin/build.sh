# Sourced by ./jemma: builds what the command line needs if it is not built yet or if a source is newer.
# Uses JDK (find-jdk.sh) and HOME_DIR (the checkout). Two builds never run at once: a folder is the lock.

BUILD_LOG=$HOME_DIR/cli/target/build.log
BUILD_STAMP=$HOME_DIR/cli/target/.built
BUILD_LOCK=$HOME_DIR/.build-lock

# Succeeds if the jars are there and no source is newer than the last build. Folders count too: a deleted file shows there.
is_built() {
    [ -f "$BUILD_STAMP" ] && [ -f "$HOME_DIR/cli/target/jemma-cli.jar" ] && [ -d "$HOME_DIR/cli/target/lib" ] || return 1
    newer=$(find "$HOME_DIR/pom.xml" "$HOME_DIR"/*/pom.xml "$HOME_DIR"/*/src/main -newer "$BUILD_STAMP" 2>/dev/null | head -n 1)
    [ -z "$newer" ]
}

unlock_build() {
    rm -f "$BUILD_LOCK/pid"
    rmdir "$BUILD_LOCK" 2>/dev/null || :
}

# Takes the lock; waits while a living process holds it; clears the lock of a dead one.
lock_build() {
    waited=0
    while ! mkdir "$BUILD_LOCK" 2>/dev/null; do
        if [ ! -d "$BUILD_LOCK" ]; then
            if [ ! -w "$HOME_DIR" ]; then
                echo "jemma: Jemma is not built and $HOME_DIR cannot be written; build it once as its owner: $HOME_DIR/jemma --version" >&2
                return 1
            fi
            continue # gone in between
        fi
        holder=$(cat "$BUILD_LOCK/pid" 2>/dev/null || :)
        if { [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; } || { [ -z "$holder" ] && [ "$waited" -ge 10 ]; }; then
            # One of the waiting clears a dead lock; it looks again, so that a fresh lock is never taken away.
            if mkdir "$BUILD_LOCK.clear" 2>/dev/null; then
                if [ "$holder" = "$(cat "$BUILD_LOCK/pid" 2>/dev/null || :)" ]; then
                    unlock_build
                fi
                rmdir "$BUILD_LOCK.clear" 2>/dev/null || :
                continue
            fi
        fi
        if [ "$waited" -eq 0 ]; then
            echo "jemma: waiting for another build of Jemma to end" >&2
        elif [ "$waited" -ge 1200 ]; then
            echo "jemma: another build has held $BUILD_LOCK for 20 minutes; if none runs, remove that folder" >&2
            return 1
        fi
        sleep 1
        waited=$((waited + 1))
    done
    echo $$ >"$BUILD_LOCK/pid"
}

build() {
    check_maven || return 1
    lock_build || return 1
    trap 'unlock_build; exit 130' INT
    trap 'unlock_build; exit 143' TERM HUP
    built=0
    if ! is_built; then # the one we waited for may have built it
        echo "jemma: building (once; about a minute the first time) …" >&2
        mkdir -p "$HOME_DIR/cli/target"
        # New files, not new content in the old ones: a Jemma that runs keeps the jars that it opened.
        rm -rf "$HOME_DIR/cli/target/lib" "$HOME_DIR/cli/target/jemma-cli.jar" "$BUILD_STAMP" "$HOME_DIR"/cli/target/*.aot
        : >"$BUILD_STAMP.new" # older than any edit made while the build runs
        if (cd "$HOME_DIR" && JAVA_HOME=$JDK mvn -q -B -pl cli -am package -Dquick -Dmaven.test.skip=true) \
            >"$BUILD_LOG" 2>&1 </dev/null; then
            mv -f "$BUILD_STAMP.new" "$BUILD_STAMP"
        else
            built=1
            grep -a -m 3 '^\[ERROR\]' "$BUILD_LOG" | cut -c 1-300 >&2 || :
            echo "jemma: the build failed; see $BUILD_LOG" >&2
        fi
    fi
    trap - INT TERM HUP
    unlock_build
    return $built
}
