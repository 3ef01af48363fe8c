// SPDX-License-Identifier: GPL-2.0-only
#include "cli/options.h"
#include "vmdk/descriptor.h"
#include "vmdk/extent-check.h"
#include "vmdk/image.h"

/**
 * input_find() - read the chain of the first operand, and find its extents
 * @o: the command line
 * @must_open: block devices that it names must be here, and readable
 * @input: filled in, for input_free(), on failure too
 *
 * That the extents hold what they should is not checked.
 *
 * Return: 0, or an exit code after a message.
 */
int input_find(struct options *o, bool must_open, struct input *input)
{
	const struct chain_options chain = {
		.lenient = input->lenient,
		.ignore_cid = o->given & OPT_IGNORE_CID,
		.roots = &o->roots,
		.parent = o->given & OPT_PARENT ? &o->parent : NULL,
	};
	const struct blocks_options blocks = {
		.roots = &o->roots,
		.stand_ins = o->stand_ins,
		.nr_stand_ins = o->nr_stand_ins,
		.must_open = must_open,
	};
	int r;

	r = chain_read(&o->log, o->operands[1], &chain, &input->chain);
	return r ? r : blocks_find(&o->log, &input->chain, &blocks,
				   &input->blocks);
}

/**
 * input_read() - input_find(), and check the extents' headers and lengths
 * @o: the command line
 * @must_open: block devices that it names must be here, and readable
 * @input: filled in, for input_free(), on failure too
 *
 * Return: 0, or an exit code after a message.
 */
int input_read(struct options *o, bool must_open, struct input *input)
{
	int r;

	r = input_find(o, must_open, input);
	if (!r)
		r = extents_check(&o->log, &input->chain,
				  o->given & OPT_IGNORE_DIRTY);
	if (!r && input->chain.links[0]->bare && !(o->given & OPT_PARENT))
		warn("%s: a seSparse extent without its descriptor, taken to have no parent: what it lacks reads as zeros (--parent gives one)",
		     o->operands[1]);
	return r;
}

/**
 * input_free() - free what input_find() made, and let go of loop devices
 * @input: it
 */
void input_free(struct input *input)
{
	blocks_free(&input->blocks);
	chain_free(&input->chain);
}
