#!/usr/bin/env bash
# Measures RaftKV beside its peers on this machine, in turns, so that a machine that is slow for a moment is slow for all.
#
# RaftKV: 1 coordinator, 3 servers, every write synced by a majority before OK, every read linearizable.
# Redis:  a master and 2 replicas, all with appendfsync always; writes as SET + WAIT 1.
#
# Usage: bench/side-by-side.sh [--seconds N] [--rounds N] [--shards N] [--value-size N]
# Needs redis-server (apt-get install redis-server). Everything listens on 127.0.0.1 and is ended at the end.
set -euo pipefail

seconds=10 rounds=2 shards=16 value_size=100
while [ $# -gt 0 ]; do
    case $1 in
        --seconds) seconds=$2 ;;
        --rounds) rounds=$2 ;;
        --shards) shards=$2 ;;
        --value-size) value_size=$2 ;;
        *)
            sed -n '2,10p' "$0" >&2
            exit 2
            ;;
    esac
    shift 2
done

here=$(cd "$(dirname "$0")/.." && pwd)
command -v redis-server > /dev/null || {
    echo "side-by-side.sh: redis-server is missing: apt-get install redis-server" >&2
    exit 1
}
work=$(mktemp -d)
pids=()
cleanup() {
    for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2> /dev/null || true; done
    rm -rf "$work"
}
trap cleanup EXIT

redis_port=6391
redis_pids=()
for i in 0 1 2; do
    mkdir "$work/redis-$i"
    replica=()
    [ "$i" = 0 ] || replica=(--replicaof 127.0.0.1 "$redis_port")
    redis-server --port $((redis_port + i)) --bind 127.0.0.1 --dir "$work/redis-$i" --save '' --appendonly yes \
        --appendfsync always --daemonize no "${replica[@]}" > "$work/redis-$i.log" 2>&1 &
    pids+=($!)
    redis_pids+=($!)
done

"$here/FastTest/start.sh" --no-shell --groups 1 --coordinators 1 --shards "$shards" --data "$work/raftkv" \
    --coordinator-port 50100 --server-port 7101 > "$work/ready" 2> "$work/start.log" &
pids+=($!)
until grep -q '^ready' "$work/ready"; do
    kill -0 $! 2> /dev/null || { cat "$work/start.log" >&2; exit 1; }
    sleep 0.2
done
server_pids=()
for i in 1 2 3; do
    server_pids+=("$(pgrep -f -- "--listen 127.0.0.1:710$i " | head -n 1)")
done
join() { local IFS=,; echo "$*"; }

raftkv=("$here/bin/raftkv" bench --coordinators 127.0.0.1:50100 --pids "$(join "${server_pids[@]}")")
redis=("$here/bin/raftkv" bench --target redis --port "$redis_port" --wait 1 --pids "$(join "${redis_pids[@]}")")
single=("$here/bin/raftkv" bench --target redis --port "$redis_port" --pids "$(join "${redis_pids[@]}")")
common=(--value-size "$value_size" --seconds "$seconds" --warmup 5 --keys 100000)

one() { # label, command...
    local label=$1
    shift
    printf '%-46s ' "$label"
    "$@" "${common[@]}" | sed -n '2p;3p' | tr '\n' ' '
    echo
}

for ((round = 1; round <= rounds; round++)); do
    echo "round $round"
    for flight in 1 50 256; do
        clients=$((flight < 50 ? flight : 50))
        each=$(((flight + clients - 1) / clients))
        shape=(--clients "$clients" --in-flight "$each")
        one "set, $flight in flight: RaftKV" "${raftkv[@]}" --workload set "${shape[@]}"
        one "set, $flight in flight: Redis + WAIT 1" "${redis[@]}" --workload set "${shape[@]}"
        one "get, $flight in flight: RaftKV" "${raftkv[@]}" --workload get "${shape[@]}"
        one "get, $flight in flight: Redis" "${single[@]}" --workload get "${shape[@]}"
    done
    shape=(--clients 50 --in-flight 1 --pipeline 16)
    one "set, 50 x 16 pipelined: RaftKV" "${raftkv[@]}" --workload set "${shape[@]}"
    one "set, 50 x 16 pipelined: Redis + WAIT 1" "${redis[@]}" --workload set "${shape[@]}"
    one "get, 50 x 16 pipelined: RaftKV" "${raftkv[@]}" --workload get "${shape[@]}"
    one "get, 50 x 16 pipelined: Redis" "${single[@]}" --workload get "${shape[@]}"
done
