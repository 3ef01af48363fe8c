// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations that fail when a test wants it, in a module built with SESPARSE_DEBUG=1
 * and in no other: those that the module asks for, itself or by what it calls.
 *
 * It takes a kernel that asks a function of its own whether an allocation is to fail,
 * even where nothing could ever make it: Linux 6.1 does, newer ones only with failslab.
 */
#include <linux/atomic.h>
#include <linux/jhash.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/stacktrace.h>

#include "debug.h"

/* Frames of the stack that are looked at. */
#define FAIL_DEPTH 64

static DEFINE_MUTEX(fail_lock);
static bool fail_armed; /* under the lock */

/*
 * Of the task that wrote fail_nth or fail_from, how many may still succeed; below 0, any,
 * or none if it was fail_from.
 */
static atomic_t fail_left = ATOMIC_INIT(-1);
static bool fail_on;
static pid_t fail_task;

static unsigned int fail_percent;
static atomic_t fail_count;

/*
 * Does the module's code lie above?  The first frames are this handler's, then come the
 * kernel's, of which one calls it.
 */
static bool fail_is_ours(void)
{
	unsigned long at[FAIL_DEPTH];
	unsigned int nr = stack_trace_save(at, FAIL_DEPTH, 0);
	unsigned int i = 0;

	while (i < nr && within_module(at[i], THIS_MODULE))
		i++;
	while (i < nr && !within_module(at[i], THIS_MODULE))
		i++;
	return i < nr;
}

/*
 * Is it for the task that this is asked?  Where a probe is a breakpoint, it is asked in
 * what counts as an NMI, and as a hard interrupt by that.
 */
static bool fail_in_task(void)
{
	unsigned long hard = preempt_count() & (NMI_MASK | HARDIRQ_MASK);

	if (in_nmi())
		hard -= NMI_OFFSET + HARDIRQ_OFFSET;
	return !hard && !in_serving_softirq();
}

/* Of each hundred, about as many; no lock is taken, for this may be an NMI. */
static bool fail_by_chance(unsigned int percent)
{
	static atomic_t asked = ATOMIC_INIT(0);

	return percent && jhash_1word(atomic_inc_return(&asked), 0) % 100 < percent;
}

static bool fail_now(gfp_t gfp)
{
	const unsigned int percent = READ_ONCE(fail_percent);
	const bool nth = (atomic_read(&fail_left) >= 0 || READ_ONCE(fail_on)) &&
			 fail_in_task() &&
			 current->tgid == READ_ONCE(fail_task);

	if (gfp & __GFP_NOFAIL)
		return false;
	if (!nth && !fail_by_chance(percent))
		return false;
	if (!fail_is_ours())
		return false;
	if (nth && atomic_dec_return(&fail_left) >= 0)
		return false;
	atomic_inc(&fail_count);
	return true;
}

/* What the kernel's functions are to answer: each is gone to in place of one. */
static noinline int fail_slab_answer(void)
{
	return -ENOMEM;
}

static noinline bool fail_page_answer(void)
{
	return true;
}

static int fail_slab(struct kprobe *p, struct pt_regs *regs)
{
	if (!fail_now(regs_get_kernel_argument(regs, 1)))
		return 0;
	instruction_pointer_set(regs, (unsigned long)fail_slab_answer);
	return 1;
}

static int fail_page(struct kprobe *p, struct pt_regs *regs)
{
	if (!fail_now(regs_get_kernel_argument(regs, 0)))
		return 0;
	instruction_pointer_set(regs, (unsigned long)fail_page_answer);
	return 1;
}

/* With a handler for afterwards, a probe may go elsewhere. */
static void fail_after(struct kprobe *p, struct pt_regs *regs,
		       unsigned long flags)
{
}

static struct kprobe fail_slab_probe = {
	.symbol_name = "should_failslab",
	.pre_handler = fail_slab,
	.post_handler = fail_after,
};

static struct kprobe fail_page_probe = {
	.symbol_name = "should_fail_alloc_page",
	.pre_handler = fail_page,
	.post_handler = fail_after,
};

static struct kprobe *fail_probes[] = { &fail_slab_probe, &fail_page_probe };

/* Allocations are slower from now on, until the module goes. */
static int fail_arm(void)
{
	int r = 0;

	mutex_lock(&fail_lock);
	if (!fail_armed)
		r = register_kprobes(fail_probes, ARRAY_SIZE(fail_probes));
	if (!r)
		fail_armed = true;
	mutex_unlock(&fail_lock);
	return r;
}

/* The @n-th is to fail; if @on, those after it, too.  With 0, none. */
static int fail_set(const char *val, bool on)
{
	unsigned int n;
	int r = kstrtouint(val, 10, &n);

	if (!r)
		r = fail_arm();
	if (r)
		return r;
	WRITE_ONCE(fail_on, false);
	atomic_set(&fail_left, -1);
	WRITE_ONCE(fail_task, current->tgid);
	atomic_set(&fail_left, (int)n - 1);
	WRITE_ONCE(fail_on, n && on);
	return 0;
}

static int fail_set_nth(const char *val, const struct kernel_param *kp)
{
	return fail_set(val, false);
}

static int fail_set_from(const char *val, const struct kernel_param *kp)
{
	return fail_set(val, true);
}

static int fail_set_percent(const char *val, const struct kernel_param *kp)
{
	int r = fail_arm();

	return r ?: param_set_uint(val, kp);
}

static int fail_get_count(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&fail_count));
}

static const struct kernel_param_ops fail_nth_ops = { .set = fail_set_nth };
module_param_cb(fail_nth, &fail_nth_ops, NULL, 0200);
MODULE_PARM_DESC(fail_nth, "Of the process that writes it, the n-th allocation that the module asks for fails");

static const struct kernel_param_ops fail_from_ops = { .set = fail_set_from };
module_param_cb(fail_from, &fail_from_ops, NULL, 0200);
MODULE_PARM_DESC(fail_from, "Likewise, and all after it");

static const struct kernel_param_ops fail_percent_ops = {
	.set = fail_set_percent,
	.get = param_get_uint,
};
module_param_cb(fail_percent, &fail_percent_ops, &fail_percent, 0600);
MODULE_PARM_DESC(fail_percent, "How many of the module's allocations fail, of a hundred");

static const struct kernel_param_ops fail_count_ops = { .get = fail_get_count };
module_param_cb(failed, &fail_count_ops, NULL, 0400);
MODULE_PARM_DESC(failed, "How many allocations have failed so");

/**
 * sesparse_debug_exit() - let go of what makes allocations fail
 *
 * Context: The module goes, nothing of it is running.
 */
void sesparse_debug_exit(void)
{
	if (fail_armed)
		unregister_kprobes(fail_probes, ARRAY_SIZE(fail_probes));
}
