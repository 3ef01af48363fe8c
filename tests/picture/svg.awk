#!/usr/bin/awk -f
# SPDX-License-Identifier: GPL-2.0-only
#
# svg.awk TYPESCRIPT: a terminal's lines as a drawing that needs no font or style but
# its own, and is light or dark as the reader's screen is.  Each line has the width of
# its characters, whatever font stands in for the terminal's.

function escaped(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	return text
}

BEGIN {
	columns = 80
	char = 8
	high = 17
	margin = 16
}

# What a line was before something was written over it is not seen.
{
	sub(/\r+$/, "")
	gsub(/\033\[[0-9;]*[A-Za-z]/, "")
	sub(/.*\r/, "")
	sub(/ +$/, "")
	lines[NR] = $0
	if (length($0))
		last = NR
	if (length($0) > columns)
		columns = length($0)
}

END {
	width = columns * char + 2 * margin
	height = last * high + 2 * margin
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n", width, height, width, height
	print "<!-- SPDX-License-Identifier: GPL-2.0-only; written by make picture -->"
	print "<title>A disk with three snapshots on a LUN, opened and read</title>"
	print "<style>"
	print "rect { fill: #f6f8fa; stroke: #d0d7de }"
	print "text { fill: #1f2328; white-space: pre; font: 13px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace }"
	print ".typed { fill: #0550ae; font-weight: bold }"
	print "@media (prefers-color-scheme: dark) {"
	print "rect { fill: #0d1117; stroke: #3d444d }"
	print "text { fill: #e6edf3 }"
	print ".typed { fill: #79c0ff }"
	print "}"
	print "</style>"
	printf "<rect x=\".5\" y=\".5\" width=\"%d\" height=\"%d\" rx=\"6\"/>\n", width - 1, height - 1
	for (i = 1; i <= last; i++) {
		if (!length(lines[i]))
			continue
		# Blanks at the beginning are its place.
		match(lines[i], /^ */)
		text = substr(lines[i], RLENGTH + 1)
		printf "<text%s x=\"%d\" y=\"%d\" textLength=\"%d\" xml:space=\"preserve\">%s</text>\n",
			lines[i] ~ /^# / ? " class=\"typed\"" : "", margin + RLENGTH * char,
			margin + i * high - 4, length(text) * char, escaped(text)
	}
	print "</svg>"
}
