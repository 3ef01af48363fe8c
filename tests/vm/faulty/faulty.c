// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does wrong what a debug kernel watches for, one thing for each load, which fails:
 * insmod faulty.ko what=...  So tests/vm/debug-selftest proves that it is watched for.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#define FAULTY_BYTES 100

static char *what = "nothing";
module_param(what, charp, 0);

static unsigned long seen;

static void read_byte(const char *at)
{
	seen += *(const volatile char *)at;
}

static void faulty_slab(void)
{
	char *p = kmalloc(FAULTY_BYTES, GFP_KERNEL);

	if (p)
		read_byte(p + FAULTY_BYTES);
	kfree(p);
}

static void faulty_freed(void)
{
	char *p = kmalloc(FAULTY_BYTES, GFP_KERNEL);

	kfree(p);
	if (p)
		read_byte(p);
}

static void faulty_vmalloc(void)
{
	char *p = vmalloc(FAULTY_BYTES);

	if (p)
		read_byte(p + FAULTY_BYTES);
	vfree(p);
}

static void faulty_leak(void)
{
	unsigned int i;

	/* Some of them may still be in a register or on a stack, and so not leaked. */
	for (i = 0; i < 16; i++)
		memset(kmalloc(FAULTY_BYTES, GFP_KERNEL | __GFP_NOFAIL), i,
		       FAULTY_BYTES);
}

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

static void lock_both(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}

static void faulty_locks(void)
{
	lock_both(&first, &second);
	lock_both(&second, &first);
}

static void faulty_sleep(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	might_sleep();
	spin_unlock(&lock);
}

static void faulty_refcount(void)
{
	refcount_t r = REFCOUNT_INIT(0);

	refcount_inc(&r);
}

static void faulty_work(struct work_struct *work)
{
}

static void faulty_object(void)
{
	struct delayed_work *p = kmalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return;
	INIT_DELAYED_WORK(p, faulty_work);
	schedule_delayed_work(p, 1000 * HZ);
	/* Its timer is pending. */
	kfree(p);
}

static void faulty_shift(void)
{
	seen += 1U << (num_online_cpus() + 40);
}

static unsigned long raced;

static int race(void *unused)
{
	while (!kthread_should_stop()) {
		raced++;
		cond_resched();
	}
	return 0;
}

static void faulty_race(void)
{
	struct task_struct *task = kthread_run(race, NULL, "faulty");
	unsigned long end = jiffies + 20 * HZ;

	if (IS_ERR(task))
		return;
	while (time_before(jiffies, end)) {
		raced++;
		cond_resched();
	}
	kthread_stop(task);
}

static const struct {
	const char *name;
	void (*call)(void);
} faults[] = {
	{ "slab", faulty_slab },
	{ "freed", faulty_freed },
	{ "vmalloc", faulty_vmalloc },
	{ "leak", faulty_leak },
	{ "locks", faulty_locks },
	{ "sleep", faulty_sleep },
	{ "refcount", faulty_refcount },
	{ "object", faulty_object },
	{ "shift", faulty_shift },
	{ "race", faulty_race },
};

static int __init faulty_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++)
		if (!strcmp(what, faults[i].name))
			faults[i].call();
	pr_info("faulty: has done %s\n", what);
	return -ECANCELED;
}
module_init(faulty_init);

MODULE_DESCRIPTION("What a debug kernel must report");
MODULE_LICENSE("GPL");
