#!/usr/bin/env bash
# Puts an XML schema for ALTO 4 at build/alto-schema/alto.xsd, for the test that validates by it.
#
# No registry package has the Library of Congress' own 4.x; the newest to be had is 3.1, in the source package of
# pdfalto. What 4.0 to 4.4 changed of what this project writes: the namespace, and a baseline may be a list of points.
# Links (XLink), which are not written, are taken out, as their schema is another file.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=build/alto-schema
mkdir -p "$folder"
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
python3 -m pip download --quiet --no-deps --no-binary :all: --dest "$temporary" pdfalto==0.6.3 ||
  { echo "the schema could not be fetched" >&2; exit 1; }
tar -xzf "$temporary"/pdfalto-*.tar.gz -C "$temporary"
sed -e 's/ns-v3#/ns-v4#/g' \
  -e '/namespace="http:\/\/www.w3.org\/1999\/xlink"/d' \
  -e '/ref="xlink:simpleLink"/d' \
  -e 's/name="BASELINE" type="xsd:float"/name="BASELINE" type="xsd:string"/' \
  "$temporary"/pdfalto-*/schema/alto.xsd > "$folder/alto.xsd"
