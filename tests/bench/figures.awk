# SPDX-License-Identifier: GPL-2.0-only
#
# Reads the figures (kind, row, column, value; separated by tabs) and says which
# goals they reach.  Other files print them.

BEGIN {
	FS = "\t"
	split("seq1m seq64k dd rand4k rand4k16", works, " ")
	split("1 MiB,64K,dd 1M,4K random,4K random", heads, ",")
	split("direct,direct,buffered,depth 1,depth 16", heads2, ",")
	split("1 16 1 256 256", per_mib, " ") # I/Os to a MiB
	nr_works = 5
	split("rand4k rand4k16 rand64k seq1m", lun_works, " ")
	split("4K random,4K random,64K random,1 MiB", lun_heads, ",")
	split("depth 1,depth 16,depth 1,sequential", lun_heads2, ",")
	nr_lun_works = 4
}

NF == 4 {
	if (!(($1, $2) in seen)) {
		seen[$1, $2] = 1
		rows[$1, ++nr_rows[$1]] = $2
	}
	if (!(($1, $3) in seen_column)) {
		seen_column[$1, $3] = 1
		columns[$1, ++nr_columns[$1]] = $3
	}
	value[$1, $2, $3] = $4
}

function get(kind, row, column)
{
	return value[kind, row, column]
}

# To what a row is compared.
function plain(row)
{
	return row == "all zero" || row == "dm-zero" ? "dm-zero" : "dm-linear"
}

function is_ours(row)
{
	return row !~ /^(null_blk|the device|raw device|dm-)/
}

# On a real machine the figures are time, which is for comparing, not for goals.
function is_here()
{
	return ("system", "here", "device") in value
}

function how_measured()
{
	if (is_here())
		return "by the clock, data on " get("system", "here", "device")
	return "the VM's clock counts instructions, 1 ns each"
}

function ratio(kind, a, b, column)
{
	return get(kind, b, column) ? get(kind, a, column) / get(kind, b, column) : 0
}

function device_ratio(row, work)
{
	return ratio("device", row, plain(row), work)
}

# What dm-linear in the place of the lower device adds to a bio.
function lower_ns()
{
	return get("device", "raw device", "rand4k") - get("device", "null_blk", "rand4k")
}

# What each piece of a 1 MiB read but the first costs, all below it included.
function piece_ns(row, pieces)
{
	return (get("device", row, "seq1m") - get("device", "dm-linear", "seq1m")) / (pieces - 1)
}

# A goal: sense is 1 where more is better.
function goal(name, limit, reached, sense)
{
	goal_name[++nr_goals] = name
	goal_limit[nr_goals] = limit
	goal_reached[nr_goals] = reached
	goal_sense[nr_goals] = sense
	goal_met[nr_goals] = sense ? reached >= limit : reached <= limit
}

function work_name(i)
{
	return heads[i] " " heads2[i]
}

function device_goals(	i)
{
	for (i = 1; i <= nr_works; i++)
		goal("in order, " work_name(i) ", to dm-linear", 1.05,
		     device_ratio("in order", works[i]))
	for (i = 1; i <= nr_works; i++)
		goal("all zero, " work_name(i) ", to dm-zero", 1.05,
		     device_ratio("all zero", works[i]))
	for (i = 1; i <= nr_works; i++)
		goal("32 layers, " work_name(i) ", to 1 layer", 1.03,
		     ratio("device", "chain of 32", "chain of 1", works[i]))
	goal("4K permuted, 1 MiB, ns a piece less the lower device", 2900,
	     piece_ns("4K permuted", 256) - lower_ns())
	goal("permuted in windows, 1 MiB, to dm-linear", 4,
	     device_ratio("4K permuted in 1 MiB", "seq1m"))
	goal("32K permuted in windows, 1 MiB, to dm-linear", 1.5,
	     device_ratio("32K permuted in 1 MiB", "seq1m"))
	goal("4K permuted in windows, 10 % zeros, 1 MiB, to dm-linear", 4,
	     device_ratio("likewise 4K, 10 % zeros", "seq1m"))
	goal("4K permuted in windows, 10 % parent, 1 MiB, to dm-linear", 4,
	     device_ratio("likewise, 10 % parent", "seq1m"))
}

# Of a chain on a LUN, to the same on plain devices.
function lun_ratio(row, work)
{
	return ratio("lun", row, "plain devices", work)
}

function restore_rate(row)
{
	return ratio("restore", "the files", row, "ns")
}

function lun_goals(	i)
{
	for (i = 1; i <= 3; i++)
		goal("LUN, 1 MiB scattered, " lun_heads[i] " " lun_heads2[i] ", to plain devices",
		     1.25, lun_ratio("LUN, 1 MiB scattered", lun_works[i]))
	goal("LUN, contiguous, 1 MiB sequential, to plain devices", 1.05,
	     lun_ratio("LUN, contiguous", "seq1m"))
	goal("restore, LUN, contiguous, of the files' rate", 0.9,
	     restore_rate("LUN, contiguous"), 1)
	goal("restore, LUN, 1 MiB scattered, of the files' rate", 0.9,
	     restore_rate("LUN, 1 MiB scattered"), 1)
}

function qemu_goals()
{
	goal("4K random depth 16, times qemu-nbd's rate, in order", 7.5,
	     ratio("data", "qemu-nbd, in order", "sesparse, in order", "rand4k16"), 1)
	goal("64K direct, times qemu-nbd's rate, in order", 17,
	     ratio("data", "qemu-nbd, in order", "sesparse, in order", "seq64k"), 1)
	goal("4K random depth 16, times qemu-nbd's rate, 8 layers", 8,
	     ratio("data", "qemu-nbd, 8 layers", "sesparse, 8 layers", "rand4k16"), 1)
	goal("64K direct, times qemu-nbd's rate, 8 layers", 18,
	     ratio("data", "qemu-nbd, 8 layers", "sesparse, 8 layers", "seq64k"), 1)
}

function map_goal(row, column, unit, limit)
{
	goal("map, " row ", " unit, limit, get("map", row, column))
}

function map_goals()
{
	map_goal("in order", "bytes_per_grain", "bytes a grain", 0.01)
	map_goal("8 streams of 64K", "bytes_per_grain", "bytes a grain", 0.55)
	map_goal("log-normal, median 220K, 35 % full", "bytes_per_grain",
		 "bytes a grain", 0.12)
	map_goal("random 4K, full", "bytes_per_grain", "bytes a grain", 3.4)
	map_goal("random 4K, 10 % full", "bytes_per_grain", "bytes a grain", 5)
	map_goal("62 TiB, empty", "mib", "MiB", 40)
	map_goal("in order", "build_ns_per_entry", "ns to build an entry", 4)
	map_goal("random 4K, full", "build_ns_per_entry", "ns to build an entry", 10)
}

function load_goals()
{
	goal("load, 62 TiB, empty, ms", 200, get("load", "62 TiB, empty", "ns") / 1000000)
	goal("load, 62 TiB, 100 GiB of it in runs of 1 MiB, ns an entry", 17,
	     get("load", "62 TiB, 100 GiB of it in runs of 1 MiB", "ns_per_entry"))
}

function goals()
{
	if (nr_goals || is_here())
		return
	device_goals()
	lun_goals()
	qemu_goals()
	load_goals()
	map_goals()
}
