#!/bin/sh
# Starts a whole RaftKV on this machine, opens its shell, and takes all of it down again. See --help.
set -u

usage() {
    cat <<'TEXT'
Usage: FastTest/start.sh [options]

Builds RaftKV if needed (and gets a JDK through apt-get if there is none), starts coordinators, groups of key-value
servers and the shell, and ends exactly what it started when the shell ends: by exit, end of input, CTRL+C or SIGTERM.
With a pipe on standard input its lines are run, and the exit code is that of the first one that failed.

  --coordinators N        coordinators, 1, 3 or 5 (default 3)
  --groups N              groups of servers; 0: coordinators alone (default 2)
  --replicas N            servers in each group (default 3)
  --shards N              shards of a new cluster (default 16)
  --coordinator-port P    port of the first coordinator, the others follow (default 50000)
  --server-port P         port of the first server, the others follow (default 7001)
  --data DIR              keep data and logs there; a second start finds everything,
                          with the same coordinators, shards, replicas and ports
                          (default: a temporary folder that is removed at the end)
  --no-shell              print "ready" on standard output and wait for a signal
  --help                  this text

Messages go to standard error, what the shell answers goes to standard output.
TEXT
}

say() {
    echo "$*" >&2
}

fail() {
    say "start.sh: $*"
    failed=1
    exit "${code:-1}"
}

wrong() {
    say "start.sh: $*"
    say "Try: FastTest/start.sh --help"
    exit 2
}

coordinators=3
groups=2
replicas=3
shards=16
coordinator_port=50000
server_port=7001
data=
shell=1

number() { # option, value, least, most
    case $2 in
        '' | *[!0-9]* | ??????*) wrong "$1 needs a number from $3 to $4, not '$2'" ;;
    esac
    if [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ]; then
        wrong "$1 needs a number from $3 to $4, not $2"
    fi
}

while [ $# -gt 0 ]; do
    option=$1
    case $option in
        --*=*)
            value=${option#*=}
            option=${option%%=*}
            shift
            set -- "$option" "$value" "$@"
            ;;
    esac
    case $option in
        --help | -h) usage && exit 0 ;;
        --no-shell) shell=0 && shift && continue ;;
        --coordinators | --groups | --replicas | --shards | --coordinator-port | --server-port | --data) ;;
        *) wrong "there is no option $option" ;;
    esac
    [ $# -ge 2 ] || wrong "$option needs a value"
    case $option in
        --coordinators)
            coordinators=$2
            case $2 in 1 | 3 | 5) ;; *) wrong "--coordinators must be 1, 3 or 5, not '$2'" ;; esac
            ;;
        --groups) number "$1" "$2" 0 99 && groups=$2 ;;
        --replicas) number "$1" "$2" 1 9 && replicas=$2 ;;
        --shards) number "$1" "$2" 1 16384 && shards=$2 ;;
        --coordinator-port) number "$1" "$2" 1 65530 && coordinator_port=$2 ;;
        --server-port) number "$1" "$2" 1 65000 && server_port=$2 ;;
        --data)
            data=$2
            [ -n "$data" ] || wrong "--data needs a folder"
            ;;
    esac
    shift 2
done
servers=$((groups * replicas))

here=$(CDPATH='' cd "$(dirname "$0")/.." && pwd) || exit 1
raftkv=$here/bin/raftkv
pids=      # what was started and is to be ended: pid:name pairs
helper=    # the pid of the helper or of the shell
failed=0
temporary=
terminal_state=

# ----------------------------------------------------------------------------------------------------------- the end

alive() {
    kill -0 "$1" 2>/dev/null
}

# Ends what this script started and nothing else: SIGTERM, and SIGKILL for what is still there after ten seconds.
stop_all() {
    [ -n "$helper" ] && kill "$helper" 2>/dev/null
    # Servers first, so that they can say goodbye to the coordinators.
    for entry in $pids; do
        kill "${entry%%:*}" 2>/dev/null
    done
    tries=0
    for entry in $helper $pids; do
        pid=${entry%%:*}
        while alive "$pid"; do
            if [ "$tries" -ge 100 ]; then
                say "${entry#*:} (pid $pid) does not end; killing it"
                kill -9 "$pid" 2>/dev/null
                break
            fi
            tries=$((tries + 1))
            sleep 0.1
        done
        wait "$pid" 2>/dev/null
    done
}

cleanup() {
    status=$?
    trap '' INT TERM HUP
    trap - EXIT
    [ -n "$terminal_state" ] && stty "$terminal_state" 2>/dev/null
    stop_all
    if [ -n "$temporary" ]; then
        rm -rf "$temporary/coordinator"-* "$temporary/server"-*
        if [ "$failed" = 1 ]; then
            say "logs are kept in $temporary/logs"
        else
            rm -rf "$temporary"
        fi
    elif [ "$failed" = 1 ] && [ -n "${logs:-}" ]; then
        say "logs are in $logs"
    fi
    exit "$status"
}
trap cleanup EXIT
# A signal is the usual end of what is up, and a failure of what is not yet.
up=0
trap '[ "$up" = 1 ] && exit 0; exit 130' INT
trap '[ "$up" = 1 ] && exit 0; exit 143' TERM
trap '[ "$up" = 1 ] && exit 0; exit 129' HUP

# ----------------------------------------------------------------------------------------------------- JDK and build

# The major version of the JDK in a folder; 0 if it has no compiler.
jdk_version() {
    version=
    if [ -x "$1/bin/javac" ]; then
        version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null)
    fi
    echo "${version:-0}"
}

find_jdk() {
    if [ -n "${JAVA_HOME:-}" ] && [ "$(jdk_version "$JAVA_HOME")" -ge 17 ]; then
        return 0
    fi
    if in_path=$(command -v javac) && in_path=$(readlink -f "$in_path"); then
        in_path=${in_path%/bin/javac}
        if [ "$(jdk_version "$in_path")" -ge 17 ]; then
            JAVA_HOME=$in_path && export JAVA_HOME
            return 0
        fi
    fi
    newest=16
    for folder in /usr/lib/jvm/*; do
        found=$(jdk_version "$folder")
        if [ "$found" -gt "$newest" ]; then
            newest=$found
            JAVA_HOME=$folder && export JAVA_HOME
        fi
    done
    [ "$newest" -gt 16 ]
}

install_jdk() {
    command -v apt-get >/dev/null || fail "there is no JDK 17 or newer and no apt-get: install a JDK and start again"
    as_root=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "there is no JDK; as root: apt-get install openjdk-17-jdk-headless"
        as_root=sudo
    fi
    say "there is no JDK 17 or newer: installing one with apt-get"
    $as_root apt-get update -qq </dev/null >&2 || say "apt-get update failed; going on with the lists that are there"
    for version in 25 21 17; do
        if apt-cache show "openjdk-$version-jdk-headless" >/dev/null 2>&1; then
            $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
                "openjdk-$version-jdk-headless" </dev/null >&2 || fail "apt-get could not install openjdk-$version-jdk-headless"
            return
        fi
    done
    fail "apt-get knows no openjdk-17-jdk-headless or newer: install a JDK 17 and start again"
}

# The jar is missing, or a source is newer than it.
stale() {
    jar=
    for candidate in "$here"/cli/target/lib/cli-*.jar; do
        [ -f "$candidate" ] && jar=$candidate
    done
    [ -z "$jar" ] || [ -n "$(find "$here"/pom.xml "$here"/*/pom.xml "$here"/*/src/main -newer "$jar" -print 2>/dev/null |
        head -n 1)" ]
}

# From an unpacked distribution there is nothing to build.
if [ -d "$here/cli/src" ]; then
    find_jdk || { install_jdk && find_jdk; } || fail "the JDK that was installed is not in /usr/lib/jvm"
    if stale; then
        say "building (the first time takes some minutes)"
        (cd "$here" && ./mvnw -q -B -DskipTests -Draftkv.skipDistribution=true -pl cli -am package) </dev/null >&2 ||
            fail "the build failed"
    fi
    archive=$here/cli/target/raftkv-$(basename "$JAVA_HOME").jsa
    if [ -z "$(find "$archive" -newer "$(ls "$here"/cli/target/lib/cli-*.jar | head -n 1)" 2>/dev/null)" ]; then
        rm -f "$archive"
        # Halves the time of every start from now on; nothing depends on it.
        "$raftkv" make-archive </dev/null >/dev/null 2>&1 || say "no class archive could be made; starts take longer"
    fi
fi

# ------------------------------------------------------------------------------------------------------ ports, folders

# Whether something listens at a port, as Linux says.
taken() {
    hex=$(printf '%04X' "$1")
    awk -v port="$hex" '$4 == "0A" { n = split($2, a, ":"); if (a[n] == port) found = 1 } END { exit !found }' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

check_ports() { # first port, how many, option
    port=$1
    while [ "$port" -lt $(($1 + $2)) ]; do
        [ "$port" -le 65535 ] || fail "port $port does not exist; choose a lower one with $3"
        if taken "$port"; then
            code=1
            fail "port $port is taken by another process; end that, or choose other ports with $3"
        fi
        port=$((port + 1))
    done
}

overlap=0
[ $((server_port + servers)) -le "$coordinator_port" ] || [ $((coordinator_port + coordinators)) -le "$server_port" ] ||
    overlap=1
[ "$overlap" = 0 ] || wrong "--server-port $server_port and --coordinator-port $coordinator_port: the ports overlap"
check_ports "$coordinator_port" "$coordinators" --coordinator-port
check_ports "$server_port" "$servers" --server-port
# Where the coordinators hear each other.
if [ $((coordinator_port + 10000)) -le 65535 ]; then
    check_ports $((coordinator_port + 10000)) "$coordinators" --coordinator-port
fi

if [ -n "$data" ]; then
    mkdir -p "$data" || fail "cannot make the folder $data; choose another with --data"
    data=$(CDPATH='' cd "$data" && pwd) || exit 1
else
    temporary=$(mktemp -d "${TMPDIR:-/tmp}/raftkv.XXXXXX") || fail "cannot make a temporary folder"
    data=$temporary
fi
# Coordinators of another number would wait for each other in vain.
had=0
for folder in "$data"/coordinator-*; do
    [ -d "$folder" ] && had=$((had + 1))
done
if [ "$had" -gt 0 ] && [ "$had" -ne "$coordinators" ]; then
    wrong "$data has $had coordinators: use --coordinators $had, or another --data for a new cluster"
fi
logs=$data/logs
mkdir -p "$logs" || fail "cannot make the folder $logs"

# Two clusters on one machine must never mix: each has a name of its own, and keeps it with its data.
if [ ! -s "$data/cluster-name" ]; then
    echo "fasttest-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')" >"$data/cluster-name" || fail "cannot write to $data"
fi
cluster_name=$(cat "$data/cluster-name")

# ---------------------------------------------------------------------------------------------------------- the start

# A background process ignores CTRL+C, so that it is this script that ends it, and in order.
start() { # name, raftkv's arguments
    name=$1
    shift
    "$raftkv" "$@" </dev/null >"$logs/$name.log" 2>&1 &
    pids="$!:$name $pids"
}

# Ends the script if one of the processes ended.
check_all() {
    for entry in $pids; do
        if ! alive "${entry%%:*}"; then
            name=${entry#*:}
            say "start.sh: $name ended; the end of $logs/$name.log:"
            tail -n 5 "$logs/$name.log" | sed 's/^/    /' >&2
            case $name in
                coordinator*) fail "if its port is taken, choose others with --coordinator-port" ;;
                *) fail "if its port is taken, choose others with --server-port" ;;
            esac
        fi
    done
}

# Waits until the helper has said so; the helper, or a process that ends, may fail before that.
await() { # the word that begins the line
    while ! line=$(grep "^$1" "$logs/setup.out"); do
        check_all
        if ! alive "$helper"; then
            line=$(grep "^$1" "$logs/setup.out") && return
            say "start.sh: $(sed 's/^(error) //; s/^invalid command: //' "$logs/setup.err")"
            helper=
            failed=1
            exit 1
        fi
        sleep 0.05
    done
}

addresses=
i=0
while [ "$i" -lt "$coordinators" ]; do
    addresses=$addresses${addresses:+,}127.0.0.1:$((coordinator_port + i))
    i=$((i + 1))
done
RAFTKV_COORDINATORS=$addresses && export RAFTKV_COORDINATORS
say "starting $coordinators coordinators: $addresses"
i=0
while [ "$i" -lt "$coordinators" ]; do
    start "coordinator-$i" coordinator --listen "127.0.0.1:$((coordinator_port + i))" --cluster-size "$coordinators" \
        --data "$data/coordinator-$i" --cluster-name "$cluster_name" --shards "$shards"
    i=$((i + 1))
done

# The words "gid address,address,..." of all groups.
wanted=
gid=1
while [ "$gid" -le "$groups" ]; do
    list=
    i=0
    while [ "$i" -lt "$replicas" ]; do
        list=$list${list:+,}127.0.0.1:$((server_port + (gid - 1) * replicas + i))
        i=$((i + 1))
    done
    wanted="$wanted $gid $list"
    gid=$((gid + 1))
done

: >"$logs/setup.out"
: >"$logs/setup.err"
# shellcheck disable=SC2086 # The groups are words.
"$raftkv" ctl setup --shards "$shards" --for 120s $wanted </dev/null >"$logs/setup.out" 2>"$logs/setup.err" &
helper=$!
await leader
say "the coordinators' leader is ${line#leader }"
await joined
[ "$servers" -eq 0 ] || say "starting $groups groups of $replicas servers: 127.0.0.1:$server_port to $((server_port + servers - 1))"
i=0
while [ "$i" -lt "$servers" ]; do
    start "server-$i" server --listen "127.0.0.1:$((server_port + i))" --data "$data/server-$i"
    i=$((i + 1))
done
await ready
wait "$helper" 2>/dev/null
helper=
if [ "$servers" -gt 0 ]; then
    say "leader of each shard: ${line#ready }"
    say "try: redis-cli -c -p $server_port set hello world"
fi
say "try: bin/raftkv ctl --coordinators $addresses status"
up=1

# --------------------------------------------------------------------------------------------------------- the shell

if [ "$shell" = 1 ] && [ "$servers" -gt 0 ]; then
    [ -t 0 ] && terminal_state=$(stty -g 2>/dev/null)
    # In the background, because a signal to this script must not wait until the shell ends.
    exec 3<&0
    "$raftkv" shell <&3 &
    helper=$!
    wait "$helper"
    status=$?
    helper=
    exit "$status"
fi
echo ready
# Until a signal comes. A process that ends, by kill -9 for instance, does not end the others: that is what the replicas
# are for.
while :; do
    remaining=
    for entry in $pids; do
        if alive "${entry%%:*}"; then
            remaining="$remaining $entry"
        else
            say "${entry#*:} (pid ${entry%%:*}) ended; the end of $logs/${entry#*:}.log:"
            tail -n 3 "$logs/${entry#*:}.log" | sed 's/^/    /' >&2
        fi
    done
    pids=$remaining
    sleep 1 &
    wait $!
done
