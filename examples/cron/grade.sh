#!/bin/sh
# Grades a growing file from cron: submits what is new, collects what is ready, and leaves. See docs/cron.md.
#   grade.sh INPUT OUTPUT [flag…]
set -u
input=$1 output=$2
shift 2
name=$(basename "$output")

# One at a time: a run that still works is let be.
exec 9> "$output.lock"
flock -n 9 || exit 0

bg-pipe grade "$input" -o "$output" --detach --progress never --quiet \
  --summary "$output.summary.json" \
  --log-file "$output.log" --log-file-size 10MB --log-file-count 5 \
  ${METRICS_DIR:+--metrics-file "$METRICS_DIR/bg-pipe-$name.prom"} "$@"
status=$?

case $status in
  0) ;;                                                           # all rows answered: the output is new
  75) ;;                                                          # batches at work: the next execution goes on
  1) echo "$name: some rows failed, see their error columns" ;;   # cron sends a mail with what is printed
  76) echo "$name: the budget is used up, rows are left out" ;;
  69) echo "$name: the provider could not be reached; it is tried again next time" ;;
  77 | 78 | 64 | 65 | 66) echo "$name: needs somebody to look at it (status $status)" ;;
  *) echo "$name: ended with $status, see $output.log" ;;
esac
exit $status
