# Guests' folders that the host's configuration no longer declares: lists them, and removes those that
# are named. What stands between two `@` is the configuration's.
set -euo pipefail

state_dir=@stateDir@
declared=(@declared@)
# Folders in which a guest that is declared has a share or a volume.
used=(@used@)
roots=@roots@

usage() {
  cat <<'USAGE'
usage: microvm-prune [--] [NAME...]

Without names: lists the guests that have a folder, and that the host's
configuration does not declare. Nothing is removed.

With names: removes the folders of these, with the volumes and shares in them.
All are judged first; if there is something wrong with one, none is removed.
USAGE
}

# Whether the first word is among the others.
is_among() {
  local each
  for each in "${@:2}"; do
    [[ $each == "$1" ]] && return
  done
  return 1
}

# A unit of the guest's that has not stopped, if there is one: one that is on its way up or down has the
# folder open too. Where nobody can tell, none counts as stopped.
unit_of() {
  local unit state
  for unit in "microvm@$1.service" "microvm-virtiofsd@$1.service"; do
    state=$(systemctl show --quiet --property=ActiveState --value -- "$unit") || state=
    if [[ $state != inactive && $state != failed ]]; then
      printf '%s' "$unit"
      return
    fi
  done
}

list() {
  local folder name state origin size found=
  for folder in "$state_dir"/*/; do
    folder=${folder%/}
    name=${folder##*/}
    if [[ -L $folder || ! -d $folder ]] || is_among "$name" "${declared[@]}" "${used[@]}"; then
      continue
    fi
    state=stopped
    [[ -z $(unit_of "$name") ]] || state=running
    origin='declared no longer'
    # That command writes it, and what somebody made so was never declared.
    [[ ! -e $folder/flake ]] || origin='made by `microvm -c`, or declared by a flake'
    size=$(du --summarize --human-readable -- "$folder" | cut --fields=1)
    printf '%s\t%s\t%s\t%s\n' "$name" "$size" "$state" "$origin"
    found=1
  done
  if [[ -n $found ]]; then
    echo 'hint: `microvm-prune NAME...` removes those that are named, with all that they keep' >&2
  else
    echo "microvm-prune: the host declares every guest in \`$state_dir\`" >&2
  fi
}

problems=0
problem() {
  printf 'microvm-prune: `%s`: %s\n  hint: %s\n' "$1" "$2" "$3" >&2
  problems=1
}

judge() {
  local name=$1 folder=$state_dir/$1 unit
  if [[ -z $name || $name == . || $name == .. || $name == */* ]]; then
    problem "$name" 'is no name of a guest' 'without arguments the command lists them'
  elif [[ -L $folder || ! -d $folder ]]; then
    problem "$name" "has no folder in \`$state_dir\`" 'without arguments the command lists them'
  elif is_among "$name" "${declared[@]}"; then
    problem "$name" 'is declared by this host' \
      'take it out of `microvm.vms`, and switch to that configuration first'
  elif is_among "$name" "${used[@]}"; then
    problem "$name" 'holds a share or a volume of a guest that this host declares' \
      'give that guest another folder, and switch to that configuration first'
  else
    unit=$(unit_of "$name")
    [[ -z $unit ]] || problem "$name" "\`$unit\` has not stopped" "\`systemctl stop $unit\`"
  fi
}

case ${1-} in
  -h | --help)
    usage
    exit
    ;;
  --) shift ;;
  -*)
    printf 'microvm-prune: `%s` is no option\n' "$1" >&2
    usage >&2
    exit 1
    ;;
esac

if (($# == 0)); then
  list
  exit
fi

for name; do
  judge "$name"
done
((problems == 0)) || exit 1

for name; do
  # What is mounted below stays what it is.
  rm --recursive --force --one-file-system -- "${state_dir:?}/$name"
  rm --force -- "$roots/$name" "$roots/booted-$name"
  printf 'removed\t%s\n' "$name"
done
