# SPDX-License-Identifier: GPL-2.0-only
#
# The figures as tables for people; after figures.awk.

# 1234567 as 1,234,567
function commas(x,	s, out)
{
	s = sprintf("%.0f", x)
	while (length(s) > 3) {
		out = "," substr(s, length(s) - 2) out
		s = substr(s, 1, length(s) - 3)
	}
	return s out
}

function small(x)
{
	return sprintf(x >= 100 ? "%.0f" : x >= 1 ? "%.2f" : "%.4f", x)
}

function print_heads(first,	i)
{
	printf "%-24s", first
	for (i = 1; i <= nr_works; i++)
		printf "%18s", heads[i]
	printf "\n%-24s", ""
	for (i = 1; i <= nr_works; i++)
		printf "%18s", heads2[i]
	print ""
}

function print_devices(title, mib,	r, i, row, ns)
{
	print title "\n"
	print_heads("")
	for (r = 1; r <= nr_rows["device"]; r++) {
		row = rows["device", r]
		printf "%-24s", row
		for (i = 1; i <= nr_works; i++) {
			ns = get("device", row, works[i])
			printf "%11s", commas(ns * (mib ? per_mib[i] : 1))
			if (mib)
				printf "%7s", ""
			else
				printf " %6.3f", device_ratio(row, works[i])
		}
		print ""
	}
	print ""
}

function print_piece(what, row, pieces)
{
	printf "%-44s%14s%14s\n", what, commas(piece_ns(row, pieces)),
	       commas(piece_ns(row, pieces) - lower_ns())
}

function print_pieces(	i)
{
	print "Of 1 MiB reads, ns for each piece but the first\n"
	printf "%-44s%14s%14s\n", "", "in all", "less lower"
	print_piece("64K runs (16)", "64K runs", 16)
	print_piece("16K runs (64)", "16K runs", 64)
	print_piece("4K permuted (256)", "4K permuted", 256)
	printf "%-44s%14s\n", "4K permuted in 1 MiB (256, gathered)",
	       commas(piece_ns("4K permuted in 1 MiB", 256))
	printf "%-44s%14s\n", "the lower device, a bio", commas(lower_ns())
	for (i = 1; i <= nr_rows["piece"]; i++)
		printf "%-44s%14s\n", rows["piece", i],
		       commas(get("piece", rows["piece", i], "ns"))
	print ""
}

function print_data(	r, row, ns)
{
	print "With data, all on the same RAM disks\n"
	printf "%-24s%18s%18s%18s\n", "", "4K random", "64K direct", "1 MiB direct"
	printf "%-24s%18s%18s%18s\n", "", "IOPS, depth 16", "MiB/s", "MiB/s"
	for (r = 1; r <= nr_rows["data"]; r++) {
		row = rows["data", r]
		printf "%-24s", row
		ns = get("data", row, "rand4k16")
		printf "%18s", ns ? commas(1e9 / ns) : "-"
		ns = get("data", row, "seq64k")
		printf "%18s", ns ? commas(1e9 / ns / 16) : "-"
		ns = get("data", row, "dd_direct")
		printf "%18s\n", ns ? commas(1e9 / ns) : "-"
	}
	print ""
}

function print_lun(	i, r, row)
{
	print "A chain of three snapshots and its base, files of a LUN: ns an I/O, and its ratio to plain devices\n"
	printf "%-24s", ""
	for (i = 1; i <= nr_lun_works; i++)
		printf "%18s", lun_heads[i]
	printf "\n%-24s", ""
	for (i = 1; i <= nr_lun_works; i++)
		printf "%18s", lun_heads2[i]
	print ""
	for (r = 1; r <= nr_rows["lun"]; r++) {
		row = rows["lun", r]
		printf "%-24s", row
		for (i = 1; i <= nr_lun_works; i++)
			printf "%11s %6.3f", commas(get("lun", row, lun_works[i])),
			       lun_ratio(row, lun_works[i])
		print ""
	}
	print ""
}

function print_restore(	r, row, ns)
{
	print "restore, natively (medians of runs that take turns)\n"
	printf "%-24s%18s%18s\n", "", "MiB/s", "CPU ns a MiB"
	for (r = 1; r <= nr_rows["restore"]; r++) {
		row = rows["restore", r]
		ns = get("restore", row, "ns")
		printf "%-24s%18s%18s\n", row, commas(ns ? 1e9 / ns : 0),
		       commas(get("restore", row, "cpu_ns"))
	}
	print ""
}

function print_load(	r, row, ns)
{
	print "Loading in the VM\n"
	printf "%-40s%16s%14s%14s\n", "", "ns", "ns an entry", "MiB of map"
	for (r = 1; r <= nr_rows["load"]; r++) {
		row = rows["load", r]
		ns = get("load", row, "ns_per_entry")
		printf "%-40s%16s%14s%14s\n", row, commas(get("load", row, "ns")),
		       ns ? small(ns) : "-", small(get("load", row, "mib"))
	}
	print ""
}

function print_map(	r, row)
{
	print "The map, natively (processor time, the best of several)\n"
	printf "%-36s%14s%14s%14s%14s\n", "", "bytes a grain", "MiB a TiB",
	       "ns an entry", "ns a look-up"
	for (r = 1; r <= nr_rows["map"]; r++) {
		row = rows["map", r]
		if (("map", row, "mib") in value) {
			printf "%-36s%14s MiB in all\n", row,
			       small(get("map", row, "mib"))
			continue
		}
		printf "%-36s%14s%14s%14s%14s\n", row,
		       small(get("map", row, "bytes_per_grain")),
		       small(get("map", row, "mib_per_tib")),
		       small(get("map", row, "build_ns_per_entry")),
		       small(get("map", row, "lookup_ns"))
	}
	print ""
}

function reached(i)
{
	if (goal_limit[i] > 100)
		return commas(goal_reached[i])
	return sprintf(goal_limit[i] < 2 ? "%.3f" : "%.2f", goal_reached[i])
}

function print_goals(	i)
{
	goals()
	printf "%-68s%10s%10s\n\n", "Goals", "goal", "reached"
	for (i = 1; i <= nr_goals; i++)
		printf "%-68s%3s%7s%10s%s\n", goal_name[i],
		       goal_sense[i] ? ">=" : "<=", goal_limit[i],
		       reached(i), goal_met[i] ? "" : "  missed"
}

END {
	printf "Kernel %s, sesparse %s; %s\n\n",
	       get("system", "kernel", "release"),
	       get("system", "module", "version"), how_measured()
	print_devices("ns an I/O (dd: a MiB), and its ratio to dm-linear (all zero: to dm-zero)", 0)
	print_devices("ns a MiB", 1)
	if (is_here())
		exit
	print_pieces()
	print_lun()
	print_data()
	print_load()
	print_map()
	print_restore()
	print_goals()
}
