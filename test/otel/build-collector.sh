#!/usr/bin/env bash
# Builds the OpenTelemetry Collector that tests export to, where Go is installed: two minutes the
# first time, nothing when its sources have not changed. Tests do without it, and say so.
set -euo pipefail
cd "$(dirname "$0")/collector"
out="$(cd ../../.. && pwd)/node_modules/.cache/weir/otelcol"

if ! command -v go >/dev/null; then
  echo "No Go here: the tests export to a receiver of their own instead of the collector."
  exit 0
fi
sources="$(cat go.mod go.sum main.go | sha256sum | cut -d ' ' -f 1)"
if [ -x "$out/otelcol" ] && [ "$(cat "$out/sources" 2>/dev/null)" = "$sources" ]; then
  exit 0
fi
mkdir -p "$out"
echo "Building the OpenTelemetry Collector (once, about two minutes) ..."
CGO_ENABLED=0 go build -mod=readonly -buildvcs=false -trimpath -ldflags='-s -w' -o "$out/otelcol" .
echo "$sources" >"$out/sources"
