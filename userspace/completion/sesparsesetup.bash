# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion for bash.  What there is to complete is asked of --help, so it
# always fits the tool that is installed.

# _sesparsesetup_verbs: reads the --help of all, and prints the verbs, with a | between
_sesparsesetup_verbs() {
	sed -n '/^Verbs:/,/^$/s/^  \([^ ]*\) .*/\1/p' | paste -s -d '|'
}

# _sesparsesetup_names: the devices that are open
_sesparsesetup_names() {
	dmsetup info -c --noheadings -o name -S 'uuid=~"^SESPARSE-[0-9a-f]"' 2> /dev/null
}

# _sesparsesetup_complete ARGUMENT VERB TEXT: what --help calls ARGUMENT
_sesparsesetup_complete() {
	local text=${3##*=} choices=
	case $1:$2 in
	NAME:open | NAME:table | NAME:mount | NAME:start | SIZE:* | N:* | VG/LV:* | LIST:*) return ;;
	*NAME*"|"*:*) choices=$(_sesparsesetup_names) ;;&
	*NAME"]":* | NAME:*) choices=$(_sesparsesetup_names) ;;
	DIR:*)
		compopt -o filenames 2> /dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$text")
		return
		;;
	*[A-Z]*:*)
		compopt -o filenames 2> /dev/null
		mapfile -t COMPREPLY < <(compgen -f ${choices:+-W "$choices"} -- "$text")
		# To bash, a word begins behind a colon.
		COMPREPLY=("${COMPREPLY[@]#"${text%"${text##*:}"}"}")
		return
		;;
	*) choices=${1//|/ } ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$text")
}

_sesparsesetup() {
	local line=${COMP_LINE:0:COMP_POINT} tool=${COMP_WORDS[0]}
	local words=() word verb='' name argument='' operands=0 help
	local -A arguments=()

	local -A letters=()

	read -r -a words <<< "$line"
	[[ $line != *[[:blank:]] ]] || words+=('')
	local cur=${words[-1]} before=("${words[@]:1:${#words[@]}-2}")
	for word in "${before[@]}"; do
		[ "$verb" ] || [[ $word == -* ]] || verb=$word
	done

	help=$("$tool" ${verb:+"$verb"} --help 2> /dev/null)
	while read -r name argument; do
		arguments[$name]=$argument
	done < <(sed -n 's/^  \(-[a-zA-Z], \)\{0,1\}\(--[^ ]*\)\( [^ ][^ ]*\)\{0,1\} .*/\2\3/p' \
		<<< "$help")
	while read -r name argument; do
		letters[$name]=$argument
	done < <(sed -n 's/^  \(-[a-zA-Z]\), --[^ ]*\( [^ ][^ ]*\)\{0,1\} .*/\1\2/p' <<< "$help")

	# An option's argument is the word after it, unless a = stands between.
	argument=
	for word in "${before[@]}"; do
		if [ "$argument" ]; then
			argument=
		elif [[ $word == -* ]]; then
			argument=${arguments[$word]-${letters[$word]-}}
		else
			operands=$((operands + 1))
		fi
	done

	COMPREPLY=()
	if [ ! "$argument" ] && [[ $cur == --*=* ]]; then
		argument=${arguments[${cur%%=*}]-}
	elif [ ! "$argument" ] && [[ $cur == -* ]]; then
		argument=${!arguments[*]}
		argument=${argument// /|}
	elif [ ! "$argument" ] && [ ! "$verb" ]; then
		argument=$(_sesparsesetup_verbs <<< "$help")
	elif [ ! "$argument" ]; then
		argument=$(sed -n 's/^Usage: .*\[OPTION\]\.\.\. //p' <<< "$help" |
			awk -v nr="$operands" '{
				for (i = 1; i <= NF; i++)
					if ($i ~ /\.\.\.$/)
						more = $i
				print nr <= NF ? $nr : more
			}')
	fi
	[ "$argument" != '[VERB]' ] || argument=$("$tool" --help 2> /dev/null | _sesparsesetup_verbs)
	[ ! "$argument" ] || _sesparsesetup_complete "$argument" "$verb" "$cur"
}

complete -F _sesparsesetup sesparsesetup
