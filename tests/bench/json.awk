# SPDX-License-Identifier: GPL-2.0-only
#
# All figures as JSON; after figures.awk.

function text(s)
{
	gsub(/[\\"]/, "\\\\&", s)
	return "\"" s "\""
}

function number(s)
{
	return s ~ /^[0-9.]+(e[+-]?[0-9]+)?$/ ? s : text(s)
}

function print_row(kind, row, last,	i, column, sep)
{
	printf "    %s: {", text(row)
	for (i = 1; i <= nr_columns[kind]; i++) {
		column = columns[kind, i]
		if (!((kind, row, column) in value))
			continue
		printf "%s%s: %s", sep, text(column), number(get(kind, row, column))
		sep = ", "
		if (kind == "device")
			printf ", %s: %.4f", text(column "_ratio"),
			       device_ratio(row, column)
	}
	print last ? "}" : "},"
}

function print_kind(kind,	r)
{
	printf "  %s: {\n", text(kind)
	for (r = 1; r <= nr_rows[kind]; r++)
		print_row(kind, rows[kind, r], r == nr_rows[kind])
	print "  },"
}

END {
	goals()
	print "{"
	split("system device piece lun data load map restore", kinds, " ")
	for (k = 1; k <= 8; k++)
		print_kind(kinds[k])
	if (!is_here())
		printf "  \"lower_ns\": %.1f,\n", lower_ns()
	print "  \"goals\": ["
	for (i = 1; i <= nr_goals; i++)
		printf "    {\"goal\": %s, \"%s\": %s, \"reached\": %.5g, \"met\": %s}%s\n",
		       text(goal_name[i]), goal_sense[i] ? "least" : "most",
		       goal_limit[i], goal_reached[i],
		       goal_met[i] ? "true" : "false", i < nr_goals ? "," : ""
	print "  ]\n}"
}
