// SPDX-License-Identifier: GPL-2.0-only
/*
 * mksesparse's help.
 */
#include "options.h"

static const char help[] =
"Usage: mksesparse [OPTION]... DIR/NAME\n"
"\n"
"Writes the files of a disk with seSparse snapshots as ESXi names them, and\n"
"what the disk must read as into DIR/NAME.raw; prints the top descriptor's path\n"
"(without descriptors, that of the top snapshot's first extent).\n"
"\n"
"A SIZE is in bytes, or has a suffix: s (sectors), K, M, G, T.  Layer 1 is the\n"
"oldest snapshot, layer 0 the base.  A grain is 4 KiB.\n"
"\n"
"The disk:\n"
"  --capacity SIZE       of the disk (64M)\n"
"  --extents N           N extents of equal size (1)\n"
"  --extents SIZE,...    extents of these sizes\n"
"  --layers N            snapshots, 1 to 255 (1)\n"
"  --base KIND[,KIND]... extents of the base: flat, vmfs or zero, the last KIND\n"
"                        for all that follow; or none (flat)\n"
"  --base-size SIZE      the base is shorter than the disk\n"
"  --base-offset SIZE    the data begin there in a FLAT file\n"
"  --base-data PCT       share of the base that is not a hole (50)\n"
"  --seed N              all contents and choices follow from it (1)\n"
"\n"
"The grains, of every layer, or after --layer N of that one only:\n"
"  --layer N             what follows is about layer N\n"
"  --data PCT            share of allocated grains (30)\n"
"  --data-bytes SIZE     this much is allocated instead, scattered; of the base\n"
"                        as well if there is no --base-data.  --zero and\n"
"                        --unmapped are then shares of what is not absent\n"
"  --zero PCT            share of zero grains (0)\n"
"  --unmapped PCT        share of unmapped grains (0)\n"
"  --run N[,fixed]       mean, or fixed, length of runs in grains (16)\n"
"  --order ORDER         of the allocated grains in the file: inorder, reversed,\n"
"                        permuted, window:SIZE[,CHUNK] (permuted within each SIZE\n"
"                        of the disk, by CHUNKs, of a grain) or\n"
"                        streams:COUNT[,CHUNK] (COUNT equal parts of the disk\n"
"                        take turns of CHUNK each, 64K) (inorder)\n"
"  --shuffle-tables      grain tables in random slots, with gaps\n"
"\n"
"The descriptors:\n"
"  --descriptor-style S  unix, crlf, or spaces (around '=', without quotes)\n"
"  --encoding NAME       what the descriptors say (UTF-8)\n"
"  --cid [N:]HEX         content ID of layer N (each option below with [N:] is\n"
"                        about the top if no layer is given)\n"
"  --parent-cid [N:]HEX  what layer N calls its parent's content ID\n"
"  --parent-hint [N:]F   what layer N calls its parent's file\n"
"  --no-descriptor       write none\n"
"  --no-raw              do not write NAME.raw\n"
"\n"
"What is wrong (N may be LAYER.EXTENT, else it is the first extent; ENTRY is a\n"
"number, or dup:I for the entry that I has; NAME.raw stays without all this):\n"
"  --dirty[=LAYER]            set replayJournal, in all extents\n"
"  --set [N:]FIELD=VALUE      a header field, by the name the format gives it\n"
"  --noise [N:]GRAIN+COUNT    random words for the table entries of COUNT grains\n"
"  --poke-gt [N:]GRAIN=ENTRY  a table entry, in a new table if there is none\n"
"  --poke-gd [N:]INDEX=ENTRY  a directory entry\n"
"  --poke-bitmap [N:]GRAIN    flip a physical grain's bit in the free bitmap\n"
"  --poke-backmap [N:]GRAIN=ENTRY  a physical grain's entry in the backmap\n"
"  --truncate [N:]SIZE        cut, or extend, the extent's file\n"
"\n"
"Exit status: 0, 1 on failure (all files are removed), 2 on wrong usage.\n";

/**
 * options_help() - print how mksesparse is used
 */
void options_help(void)
{
	fputs(help, stdout);
}
