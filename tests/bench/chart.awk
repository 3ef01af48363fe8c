# SPDX-License-Identifier: GPL-2.0-only
#
# A bar chart of the ratios as SVG: 1 MiB direct reads and 4K random ones; after
# figures.awk.

function put(x, y, anchor, class, s)
{
	gsub(/&/, "\\&amp;", s)
	gsub(/</, "\\&lt;", s)
	printf "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" class=\"%s\">%s</text>\n",
	       x, y, anchor, class, s
}

# The panel of one work, its bars from @x on, @width for the longest.
function panel(i, x, width,	r, row, n, longest, len)
{
	put(x, 64, "start", "head", work_name(i))
	for (r = 1; r <= nr_rows["device"]; r++)
		if (device_ratio(rows["device", r], works[i]) > longest)
			longest = device_ratio(rows["device", r], works[i])
	for (r = 1; r <= nr_rows["device"]; r++) {
		row = rows["device", r]
		n = device_ratio(row, works[i])
		len = n / longest * width
		printf "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"14\" class=\"%s\"/>\n",
		       x, 56 + r * 22, len, is_ours(row) ? "ours" : "plain"
		put(x + len + 6, 68 + r * 22, "start", "number",
		    sprintf("%.2f", n))
	}
	printf "<path d=\"M%.1f 72V%d\" class=\"one\"/>\n", x + width / longest,
	       76 + nr_rows["device"] * 22
}

END {
	height = 110 + nr_rows["device"] * 22
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 960 %d\" width=\"960\" height=\"%d\">\n",
	       height, height
	print "<style>text{font:13px sans-serif;fill:#222}.title{font-size:16px;font-weight:bold}.head{font-weight:bold}.number{font-size:12px;fill:#555}.plain{fill:#a9b4c0}.ours{fill:#2f6fa7}.one{stroke:#b03030;stroke-dasharray:4 3;fill:none}</style>"
	printf "<rect width=\"960\" height=\"%d\" fill=\"#fff\"/>\n", height
	put(20, 30, "start", "title",
	    (is_here() ? "Time" : "Instructions") " a read, as multiples of dm-linear's (all zero: of dm-zero's)")
	for (r = 1; r <= nr_rows["device"]; r++)
		put(180, 68 + r * 22, "end", "", rows["device", r])
	panel(1, 190, 310)
	panel(4, 580, 310)
	put(20, height - 12, "start", "number",
	    "Linux " get("system", "kernel", "release") "; " how_measured() "; less is better; the dashed line is 1")
	print "</svg>"
}
