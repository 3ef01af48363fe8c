// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "cli/disks.h"
#include "cli/restoring.h"
#include "util/human.h"
#include "util/json.h"
#include "util/message.h"
#include "vmdk/descriptor.h"

static u64 rate(const struct restoring *p)
{
	const double seconds = (double)p->copied_ns / 1e9;

	return seconds > 0 ? (u64)((double)p->copied / seconds) : 0;
}

/**
 * struct account - what became of the disk's bytes; each is one of these
 * @copied: from a file or device
 * @zeroed: were made zero, or written as zeros
 * @skipped: were zero already
 */
struct account {
	u64 copied;
	u64 zeroed;
	u64 skipped;
};

static struct account account_for(const struct restoring *p)
{
	const u64 unreadable = ranges_bytes(&p->bad) - p->corrupt;
	const u64 zeros = p->all.zeros + p->zeros.data + p->zeros.gaps;
	const bool is_free = target_zeroes_for_free(&p->target);

	return (struct account){
		.copied = p->all.data - unreadable - p->zeros.data,
		.zeroed = p->all.gaps + unreadable - p->zeros.gaps +
			  (is_free ? 0 : zeros),
		.skipped = is_free ? zeros : 0,
	};
}

static void print_json(const struct restoring *p)
{
	const struct account a = account_for(p);
	struct json *j = p->subject->j;

	json_open(j, p->subject->key, '{');
	json_string(j, "descriptor", p->image.chain.links[0]->path);
	json_string(j, "target", p->target.path);
	json_number(j, "length", p->bytes);
	if (p->options->since) {
		json_string(j, "since", p->options->since);
		json_number(j, "changed", p->since.bytes);
	}
	json_number(j, "copied", a.copied);
	json_number(j, "zeroed", a.zeroed);
	json_number(j, "skipped", a.skipped);
	json_number(j, "resumed-from", p->resume.position);
	json_number(j, "nanoseconds", p->copied_ns);
	if (p->copied)
		json_number(j, "bytes-per-second", rate(p));
	else
		json_string(j, "bytes-per-second", NULL);
	json_bool(j, "verified", restoring_given(p, OPT_VERIFY));
	json_ranges(j, "lost", &p->bad);
	json_close(j, '}');
}

static void print_bytes(const char *what, u64 bytes, const char *more)
{
	char size[HUMAN_SIZE];

	printf("  %s:%*s%llu bytes (%s)%s\n", what, (int)(9 - strlen(what)),
	       "", bytes, human_size(bytes, size), more);
}

static int print_human(const struct restoring *p)
{
	const struct account a = account_for(p);
	char speed[HUMAN_SIZE], lost[HUMAN_SIZE];
	int r;

	r = human_name(p->target.path);
	puts(restoring_was_there(p) ? " was restored before: nothing was written." :
	     " is restored.");
	print_bytes("size", p->bytes, "");
	if (p->options->since)
		print_bytes("changed", p->since.bytes, "");
	print_bytes("copied", a.copied, "");
	print_bytes("zeroed", a.zeroed, "");
	print_bytes("skipped", a.skipped, " that were zero already");
	if (p->resume.position)
		printf("  resumed:  from byte %llu (%s)\n", p->resume.position,
		       human_size(p->resume.position, lost));
	printf("  took:     %.2f s", (double)p->copied_ns / 1e9);
	if (p->copied)
		printf(", %s/s", human_size(rate(p), speed));
	puts("");
	puts(restoring_given(p, OPT_VERIFY) && p->parts ?
	     "  verified: what was written, and nothing else" :
	     restoring_given(p, OPT_VERIFY) ? "  verified: all of it" :
	     "  verified: no: --verify reads back what was written, and compares");
	if (p->bad.nr)
		printf("  lost:     %llu bytes (%s) in %zu ranges, which are zeros\n",
		       ranges_bytes(&p->bad),
		       human_size(ranges_bytes(&p->bad), lost), p->bad.nr);
	return r;
}

/**
 * restoring_report() - print what became of the disk's bytes
 * @p: the disk, restored
 *
 * Return: 0, or an exit code after a message, of bytes that are lost.
 */
int restoring_report(const struct restoring *p)
{
	const struct range *b;
	int r = 0;

	if (p->options->json)
		print_json(p);
	else if (!p->options->log.quiet)
		r = print_human(p);
	if (r)
		return r;
	for (b = p->bad.list; b < p->bad.list + p->bad.nr; b++)
		warn("%s: %llu bytes of the disk at byte %llu are lost, zeros are in their place",
		     p->target.path, b->end - b->start, b->start);
	return p->bad.nr ?
	       fail(EXIT_DEVICE, "%s: restored, but for %llu bytes",
		    p->target.path, ranges_bytes(&p->bad)) : 0;
}
