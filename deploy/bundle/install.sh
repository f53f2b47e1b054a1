#!/bin/sh
# Installs a bundle of OCR Omega, upgrades to it, or goes back to the version before.
#
# Needs a POSIX shell, coreutils (sha256sum) and findutils, as every Debian and Alma has them; no network. In the order of
# trust: the signature by the machine's own OpenSSL where that is version 3 or later; the bundle's runtime by sha256sum;
# then every file, and the signature again, by the runtime: the installed one where there is one, else the bundle's.
# The programs in single quotes are JavaScript.
# shellcheck disable=SC2016
set -eu

PREFIX=/opt/ocr-omega
usage() {
  cat <<TEXT
install.sh (--key FILE | --unsigned) [--prefix DIR] [--from DIR]
install.sh --rollback [--prefix DIR]

  --key FILE    public key (PEM, Ed25519) that the bundle must be signed with; it is kept for upgrades, which then need none
  --unsigned    take a bundle whose origin nothing proves: it is only checked to be undamaged
  --prefix DIR  where to install; default $PREFIX
  --from DIR    an unpacked bundle other than the one that this script is in
  --rollback    go back to the version that was installed before this one
TEXT
}

refuse() {
  printf 'install.sh: %s\n' "$1" >&2
  exit 1
}

# node TREE ARGUMENT...: the runtime of TREE, with nothing of this environment.
node() {
  runtime=$1/runtime
  shift
  env -i LD_LIBRARY_PATH="$runtime/lib" "$runtime/node" "$@"
}

# check_runtime TREE: with this machine's tools, what of it is to be run.
check_runtime() {
  for path in install.sh app/package.json app/dist/cli/bundle-manifest.js runtime/node "$1"/runtime/lib/*; do
    path=${path#"$1/"}
    [ -f "$1/$path" ] || refuse "$path: missing"
    expected=$(sed -n "s|^\([0-9a-f]*\)  $path\$|\1|p" "$1/SHA256SUMS")
    [ -n "$expected" ] || refuse "$path: is not of the bundle"
    [ "$(sha256sum <"$1/$path" | cut -c1-64)" = "$expected" ] || refuse "$path: is not what SHA256SUMS says"
  done
}

# verify TREE
verify() {
  [ -f "$1/SHA256SUMS" ] || refuse "SHA256SUMS: missing in $1"
  if [ -n "$key" ]; then
    [ -f "$1/SHA256SUMS.sig" ] || refuse 'SHA256SUMS.sig: missing, so the bundle is not signed'
    case $(openssl version 2>/dev/null || true) in
      'OpenSSL '[3-9]*)
        openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$1/SHA256SUMS" -sigfile "$1/SHA256SUMS.sig" >/dev/null 2>&1 ||
          refuse 'SHA256SUMS: does not match its signature, SHA256SUMS.sig'
        ;;
    esac
  fi
  judge=$1
  if [ -x "$prefix/current/runtime/node" ]; then judge=$prefix/current; else check_runtime "$1"; fi
  node "$judge" -e 0 2>/dev/null || refuse "this machine cannot run the bundle, which says of itself: $(cat "$1/bundle.json")"
  node "$judge" --input-type=module -e "$VERIFY" "$judge/app/dist/cli/bundle-manifest.js" "$1" "$key" || exit 1
}
VERIFY='
  import { readFile } from "node:fs/promises";
  const [module, tree, key] = process.argv.slice(1);
  const { verifyTree } = await import(module);
  try {
    const problems = await verifyTree(tree, key === "" ? undefined : await readFile(key, "utf8"));
    for (const problem of problems) console.error(`install.sh: ${problem}`);
    if (problems.length > 0) process.exit(1);
    const { platform, glibc } = JSON.parse(await readFile(`${tree}/bundle.json`, "utf8"));
    const here = process.report.getReport().header.glibcVersionRuntime ?? "0";
    const number = (version) => version.split(".").reduce((sum, part) => sum * 1000 + Number(part), 0);
    if (number(here) < number(glibc)) throw new Error(`${platform} with glibc ${glibc} or later is needed; this machine has ${here}`);
  } catch (error) {
    console.error(`install.sh: ${error.message}`);
    process.exit(1);
  }
'

# point LINK TARGET: in one step, so that LINK is never absent.
point() {
  node "$prefix/$2" -e '
    const fs = require("node:fs");
    const [link, target] = process.argv.slice(1);
    fs.rmSync(`${link}.new`, { force: true });
    fs.symlinkSync(target, `${link}.new`);
    fs.renameSync(`${link}.new`, link);
  ' "$prefix/$1" "$2"
}

# switch_to versions/ID
switch_to() {
  was=$(readlink "$prefix/current" || true)
  [ "$was" = "$1" ] && return
  [ -z "$was" ] || point previous "$was"
  point current "$1"
}

install_bundle() {
  verify "$from"
  version=$(sed -n 's/.*"version": "\([^"]*\)".*/\1/p' "$from/bundle.json")
  id=versions/$version-$(sha256sum <"$from/SHA256SUMS" | cut -c1-12)
  mkdir -p "$prefix/versions" "$prefix/bin"
  prefix=$(cd "$prefix" && pwd -P)
  if [ -d "$prefix/$id" ]; then
    verify "$prefix/$id"
  else
    new=$prefix/versions/.new-$$
    trap 'rm -rf "$new"' EXIT
    trap 'exit 1' HUP INT TERM
    cp -R "$from" "$new"
    find "$new" -type d -exec chmod 755 {} +
    find "$new" -type f -exec chmod 644 {} +
    chmod 755 "$new/install.sh" "$new/bin/omega" "$new/runtime/node"
    verify "$new"
    sync
    mv "$new" "$prefix/$id"
  fi
  if [ -n "$key" ] && [ "$key" != "$prefix/release.pub" ]; then cp "$key" "$prefix/release.pub.new" && mv "$prefix/release.pub.new" "$prefix/release.pub"; fi
  if [ ! -d "$prefix/data" ]; then mkdir -m 700 "$prefix/data"; fi
  cat >"$prefix/bin/omega.new" <<TEXT
#!/bin/sh
: "\${OMEGA_DATA_DIR:=$prefix/data}"
export OMEGA_DATA_DIR
exec "$prefix/current/bin/omega" "\$@"
TEXT
  chmod 755 "$prefix/bin/omega.new"
  mv "$prefix/bin/omega.new" "$prefix/bin/omega"
  switch_to "$id"
  printf 'OCR Omega %s is installed: %s\n' "$version" "$prefix/bin/omega"
}

roll_back() {
  target=$(readlink "$prefix/previous") || refuse "there is no version to go back to in $prefix"
  verify "$prefix/$target"
  switch_to "$target"
  printf 'OCR Omega is back at %s\n' "${target#versions/}"
}

main() {
  prefix=$PREFIX
  from=$(cd "$(dirname "$0")" && pwd -P)
  key=
  unsigned=false
  action=install_bundle
  while [ $# -gt 0 ]; do
    case $1 in
      --key | --prefix | --from) [ $# -ge 2 ] || refuse "$1 takes a value" ;;
    esac
    case $1 in
      --key) key=$2 && shift ;;
      --prefix) prefix=$2 && shift ;;
      --from) from=$(cd "$2" && pwd -P) && shift ;;
      --unsigned) unsigned=true ;;
      --rollback) action=roll_back ;;
      --help) usage && exit ;;
      *) usage >&2 && exit 2 ;;
    esac
    shift
  done
  case $prefix in
    /*) ;;
    *) prefix=$PWD/$prefix ;;
  esac
  case $prefix in
    *[!A-Za-z0-9/._-]*) refuse 'the prefix may have letters, digits and / . _ - only' ;;
  esac
  if [ -z "$key" ] && [ -f "$prefix/release.pub" ]; then
    if $unsigned; then refuse "$prefix/release.pub is pinned: remove it before you install what is not signed"; fi
    key=$prefix/release.pub
  fi
  if [ -z "$key" ] && ! $unsigned && [ "$action" = install_bundle ]; then
    refuse 'say --key FILE with the public key of the release, or --unsigned'
  fi
  if [ -n "$key" ]; then
    [ -f "$key" ] || refuse "the key $key is not there"
    key=$(cd "$(dirname "$key")" && pwd -P)/$(basename "$key")
  fi
  umask 022
  $action
}

# Read whole before any of it runs.
main "$@"
