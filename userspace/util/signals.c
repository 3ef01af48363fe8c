// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dm-sesparse/portable.h"
#include "util/message.h"
#include "util/signals.h"

/*
 * All that end a process unless it says otherwise, besides the real-time signals,
 * but for SIGKILL, QUESTION, and what tells of a fault of the program's own (SIGSEGV
 * and the like), after which nothing of it is to be trusted.  SIGPIPE comes of
 * messages that nobody reads, SIGXCPU of a limit; abort() ends it all the same.
 */
static const int deadly[] = {
	SIGHUP,	   SIGINT,  SIGQUIT, SIGTERM, SIGPIPE, SIGALRM,	  SIGUSR2,
	SIGVTALRM, SIGPROF, SIGPOLL, SIGPWR,  SIGABRT, SIGXCPU,	  SIGXFSZ,
#ifdef SIGSTKFLT
	SIGSTKFLT,
#endif
};

/* Asks how far it is, as of dd. */
#define QUESTION SIGUSR1

/* How often a ticker ticks. */
#define TICK_NS 250000000L

static bool is_listed(int number)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(deadly); i++)
		if (deadly[i] == number)
			return true;
	return number >= SIGRTMIN && number <= SIGRTMAX;
}

/* Not what is ignored, as under nohup, or taken by a profiler, say. */
static bool is_deadly(int number)
{
	struct sigaction action;

	return is_listed(number) && !sigaction(number, NULL, &action) &&
	       action.sa_handler == SIG_DFL;
}

static void question_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, QUESTION);
}

static void held_set(sigset_t *set)
{
	int number;

	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	for (number = 1; number <= SIGRTMAX; number++)
		if (is_deadly(number))
			sigaddset(set, number);
}

/**
 * signals_hold() - from now on, let signals wait
 * @old: set to what signals_release() is to go back to
 *
 * Return: 0, or an exit code after a message.
 */
int signals_hold(sigset_t *old)
{
	sigset_t set;

	/* An inherited SIG_IGN would leave no child to wait for. */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
		return fail(EXIT_DEVICE, "cannot set a signal's handling: %m");
	held_set(&set);
	sigaddset(&set, QUESTION);
	if (sigprocmask(SIG_BLOCK, &set, old))
		return fail(EXIT_DEVICE, "cannot hold signals: %m");
	return 0;
}

/**
 * signals_hold_questions() - from now on, let SIGUSR1 wait for signals_asked()
 * @old: set to what signals_release() is to go back to
 *
 * Return: 0, or an exit code after a message.
 */
int signals_hold_questions(sigset_t *old)
{
	sigset_t set;

	question_set(&set);
	if (sigprocmask(SIG_BLOCK, &set, old))
		return fail(EXIT_DEVICE, "cannot hold signals: %m");
	return 0;
}

/**
 * signals_asked() - has somebody asked how far it is?
 *
 * Return: true if SIGUSR1 was held and has come since this was called last.
 */
bool signals_asked(void)
{
	const struct timespec at_once = { 0 };
	sigset_t held, set;

	/* Where it is not held, it is not for us to take. */
	question_set(&set);
	return !sigprocmask(SIG_BLOCK, NULL, &held) &&
	       sigismember(&held, QUESTION) &&
	       sigtimedwait(&set, NULL, &at_once) == QUESTION;
}

/**
 * signals_waiting() - is it time to undo everything?
 *
 * Return: true if a signal waits.
 */
bool signals_waiting(void)
{
	sigset_t set;
	int number;

	if (sigpending(&set))
		return false;
	for (number = 1; number <= SIGRTMAX; number++)
		if (sigismember(&set, number) == 1 && is_deadly(number))
			return true;
	return false;
}

/**
 * signals_release() - let the signals that waited do what they do
 * @old: of signals_hold() or signals_hold_questions()
 *
 * A question that came too late to be answered ends nothing.
 */
void signals_release(const sigset_t *old)
{
	signals_asked();
	sigprocmask(SIG_SETMASK, old, NULL);
}

/* Wait for the child @pid; the first deadly signal is passed on as SIGKILL. */
static int wait_for(pid_t pid, const struct ticker *ticker, int *status)
{
	const struct timespec pause = { .tv_nsec = TICK_NS };
	int received = 0, number;
	sigset_t set;
	pid_t done;

	held_set(&set);
	for (;;) {
		done = waitpid(pid, status, WNOHANG);
		if (done)
			break;
		number = ticker ? sigtimedwait(&set, NULL, &pause) :
				  sigwaitinfo(&set, NULL);
		if (number < 0 && ticker)
			ticker->tick(ticker->data);
		if (number < 0 || number == SIGCHLD)
			continue;
		received = number;
		kill(pid, SIGKILL);
	}
	if (received)
		raise(received); /* held, for whoever asks signals_waiting() */
	return done == pid ? 0 : -1;
}

/**
 * signals_run() - run something long that a signal must be able to end
 * @old: of signals_hold()
 * @work: runs in a child process, where signals are not held
 * @data: for @work
 * @ticker: what to do while it runs, or NULL
 * @result: set to what @work returned, 0 to 255
 *
 * A system call that takes long gives up when a signal is about to end its
 * process, and for no lesser reason: so one is sent there to be ended.
 *
 * Return: 0, or an exit code after a message.
 */
int signals_run(const sigset_t *old, int (*work)(void *data), void *data,
		const struct ticker *ticker, int *result)
{
	const pid_t parent = getpid();
	int status = 0;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return fail(exit_code_of(errno), "cannot fork: %m");
	if (!pid) {
		/* Nobody would undo it if the tool itself were killed. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(EXIT_DEVICE); /* it was, before it would be told */
		signals_release(old);
		_exit(work(data));
	}
	if (wait_for(pid, ticker, &status))
		return fail(EXIT_DEVICE, "cannot wait for a process: %m");
	if (!WIFEXITED(status) && signals_waiting())
		return fail(EXIT_DEVICE, "interrupted, undoing what was done");
	if (!WIFEXITED(status))
		return fail(EXIT_DEVICE, "ended by signal %d",
			    WTERMSIG(status));
	*result = WEXITSTATUS(status);
	return 0;
}
