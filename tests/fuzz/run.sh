#!/usr/bin/env bash
# Fuzzing with Clang's libFuzzer under AddressSanitizer and UndefinedBehaviorSanitizer. See --help.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=build/fuzz
seconds=60
jobs=1
targets=()

usage() {
    cat <<END
usage: tests/fuzz/run.sh [--seconds N] [--jobs N] [TARGET...]

Builds in $build and runs each target, or those named, for some time on its seeds and on the corpus
that it keeps in $build/corpus. What it finds stays in $build/findings. The last line is
"N passed, N failed", a target being one test; the exit status is not 0 where one failed.

  --seconds N  for each target (60)
  --jobs N     targets at a time (1)
  --help       this text

Targets: $(all_targets | tr '\n' ' ')
END
}

all_targets() {
    local folder
    for folder in tests/fuzz/seeds/*/; do
        basename "$folder"
    done
}

# Longer inputs say nothing new, and are slower.
longest() {
    case "$1" in
    utf8 | field_values | url_pattern | event_message | round_trip) echo 300 ;;
    *) echo 1000 ;;
    esac
}

while [ $# != 0 ]; do
    case "$1" in
    --seconds | --jobs)
        [[ "${2:-}" =~ ^[1-9][0-9]*$ ]] || { usage >&2 && exit 2; }
        declare "${1#--}=$2"
        shift
        ;;
    --help) usage && exit 0 ;;
    -*) usage >&2 && exit 2 ;;
    *)
        [ -d "tests/fuzz/seeds/$1" ] || { usage >&2 && exit 2; }
        targets+=("$1")
        ;;
    esac
    shift
done
[ ${#targets[@]} != 0 ] || mapfile -t targets < <(all_targets)

set_up() {
    local reconfigure=()
    [ ! -f $build/build.ninja ] || reconfigure=(--reconfigure)
    CXX=clang++ meson setup --werror "${reconfigure[@]}" $build -Dbuildtype=plain \
        -Doptimization=2 -Dlibfuzzer=true -Dexamples=disabled -Db_sanitize=address,undefined \
        -Db_lundef=false "-Dcpp_args=-fno-sanitize-recover=all -gline-tables-only"
}

# run TARGET: one line says how it went.
run() {
    local target=$1 dictionary=() status=0 finding
    local corpus=$build/corpus/$target findings=$build/findings/$target log=$build/log/$target
    [ ! -f "tests/fuzz/$target.dict" ] || dictionary=(-dict="tests/fuzz/$target.dict")
    mkdir -p "$corpus" "$findings" $build/log
    touch "$log.begin"
    "$build/tests/fuzz/fuzz_$target" "${dictionary[@]}" -max_total_time="$seconds" \
        -max_len="$(longest "$target")" -len_control=20 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$findings/" "$corpus" "tests/fuzz/seeds/$target" \
        >"$log" 2>&1 || status=$?
    times >"$log.times"
    if [ $status != 0 ]; then
        tail -n 60 "$log"
        echo "FAILED: $target"
        while read -r finding; do
            echo "  found: $finding"
            echo "  again: $build/tests/fuzz/fuzz_$target $finding"
        done < <(find "$findings" -type f -newer "$log.begin")
        return 1
    fi
    echo "passed: $target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs," \
        "$(cpu_seconds "$log.times") s of CPU, $(grep -oE 'cov: [0-9]+' "$log" | tail -n 1)"
}

# What the children of a shell took, as its `times` says.
cpu_seconds() {
    tail -n 1 "$1" | tr 'ms' '  ' | awk '{ printf "%d", ($1 + $3) * 60 + $2 + $4 }'
}

mkdir -p build
set_up >$build.log 2>&1 && ninja -C $build "${targets[@]/#/tests/fuzz/fuzz_}" >>$build.log 2>&1 || {
    cat $build.log
    exit 1
}

passed=0
failed=0
running=0
collect() {
    if wait -n; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
    running=$((running - 1))
}
for target in "${targets[@]}"; do
    [ $running -lt "$jobs" ] || collect
    run "$target" &
    running=$((running + 1))
done
while [ $running != 0 ]; do
    collect
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
