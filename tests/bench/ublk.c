// SPDX-License-Identifier: GPL-2.0-only
/*
 * ublk BACKING START SECTORS: a read-only block device, by ublk, of that part of a
 * device; prints its path, and serves until it is stopped.
 * ublk stop: stops it.
 *
 * It has nothing to look up: what it costs is what any server of ublk's costs at the
 * least that copies, and reads what the kernel asks it for, one system call each.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/ioctl.h>
#include <linux/ublk_cmd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Not in the headers of Debian 12; those before are refused by newer kernels. */
#define CONTROL_OP(cmd) _IOWR('u', cmd, struct ublksrv_ctrl_cmd)
#define IO_OP(cmd) _IOWR('u', cmd, struct ublksrv_io_cmd)

#define DEVICE 0
#define DEPTH 128
#define MAX_BYTES (1 << 20)
#define SECTOR 512
#define PAGE 4096

struct server {
	struct io_uring ring;
	const struct ublksrv_io_desc *descs;
	char *buffers;
	int backing;
	off_t start;
};

static void die(const char *what, int error)
{
	fprintf(stderr, "tests/bench/ublk: %s: %s\n", what, strerror(error));
	exit(1);
}

/* control() - has the driver do something, which may take until it is served */
static void control(unsigned int command, const void *buffer, uint16_t length,
		    uint64_t data)
{
	const struct ublksrv_ctrl_cmd cmd = {
		.dev_id = DEVICE,
		.queue_id = UINT16_MAX,
		.len = length,
		.addr = (uintptr_t)buffer,
		.data = { data },
	};
	struct io_uring ring;
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	int fd = open("/dev/ublk-control", O_RDWR), r;

	if (fd < 0)
		die("/dev/ublk-control", errno);
	r = io_uring_queue_init(4, &ring, IORING_SETUP_SQE128);
	if (r)
		die("io_uring", -r);
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_rw(IORING_OP_URING_CMD, sqe, fd, NULL, 0, 0);
	sqe->cmd_op = CONTROL_OP(command);
	memcpy(sqe->cmd, &cmd, sizeof(cmd));
	r = io_uring_submit(&ring);
	if (r >= 0)
		r = io_uring_wait_cqe(&ring, &cqe);
	if (r < 0)
		die("io_uring", -r);
	if (cqe->res < 0)
		die("a command to ublk", -cqe->res);
	io_uring_queue_exit(&ring);
	close(fd);
}

static void add(uint64_t sectors)
{
	const struct ublksrv_ctrl_dev_info info = {
		.nr_hw_queues = 1,
		.queue_depth = DEPTH,
		.max_io_buf_bytes = MAX_BYTES,
		.dev_id = DEVICE,
	};
	const struct ublk_params params = {
		.len = sizeof(params),
		.types = UBLK_PARAM_TYPE_BASIC,
		.basic = {
			.attrs = UBLK_ATTR_READ_ONLY,
			.logical_bs_shift = 9,
			.physical_bs_shift = 12,
			.io_opt_shift = 20,
			.io_min_shift = 12,
			.max_sectors = MAX_BYTES / SECTOR,
			.dev_sectors = sectors,
		},
	};

	control(UBLK_CMD_ADD_DEV, &info, sizeof(info), 0);
	control(UBLK_CMD_SET_PARAMS, &params, sizeof(params), 0);
}

/* ask() - gives back what became of a request, if any, and asks for the next */
static void ask(struct server *s, int queue, unsigned int command,
		uint16_t tag, int result)
{
	const struct ublksrv_io_cmd cmd = {
		.tag = tag,
		.result = result,
		.addr = (uintptr_t)(s->buffers + (size_t)tag * MAX_BYTES),
	};
	struct io_uring_sqe *sqe = io_uring_get_sqe(&s->ring);

	io_uring_prep_rw(IORING_OP_URING_CMD, sqe, queue, NULL, 0, 0);
	sqe->cmd_op = IO_OP(command);
	sqe->user_data = tag;
	memcpy(sqe->cmd, &cmd, sizeof(cmd));
}

static int answer(const struct server *s, uint16_t tag)
{
	const struct ublksrv_io_desc *desc = &s->descs[tag];
	ssize_t r;

	if (ublksrv_get_op(desc) != UBLK_IO_OP_READ)
		return -EOPNOTSUPP;
	r = pread(s->backing, s->buffers + (size_t)tag * MAX_BYTES,
		  (size_t)desc->nr_sectors * SECTOR,
		  s->start + (off_t)desc->start_sector * SECTOR);
	return r < 0 ? -errno : (int)r;
}

/* serve() - answers until the device is stopped */
static void serve(struct server *s, int queue)
{
	struct io_uring_cqe *cqe;
	unsigned int head, nr;
	bool stopped = false;

	while (!stopped) {
		int r = io_uring_submit_and_wait(&s->ring, 1);

		if (r < 0 && r != -EINTR)
			die("io_uring", -r);
		nr = 0;
		io_uring_for_each_cqe(&s->ring, head, cqe) {
			uint16_t tag = (uint16_t)cqe->user_data;

			nr++;
			if (cqe->res == UBLK_IO_RES_OK)
				ask(s, queue, UBLK_IO_COMMIT_AND_FETCH_REQ,
				    tag, answer(s, tag));
			else if (cqe->res == UBLK_IO_RES_ABORT ||
				 cqe->res == -ENODEV)
				stopped = true;
			else
				die("a request", -cqe->res);
		}
		io_uring_cq_advance(&s->ring, nr);
	}
}

/* The kernel looks for partitions before this is done, which has to be served. */
static void *start(void *unused)
{
	control(UBLK_CMD_START_DEV, NULL, 0, (uint64_t)getpid());
	printf("/dev/ublkb%d\n", DEVICE);
	fflush(stdout);
	return unused;
}

/* The node is there when whoever makes it has heard of the device. */
static int open_queue(void)
{
	char path[32];
	int i, fd = -1;

	snprintf(path, sizeof(path), "/dev/ublkc%d", DEVICE);
	for (i = 0; i < 1000 && fd < 0; i++) {
		fd = open(path, O_RDWR);
		if (fd < 0)
			usleep(1000);
	}
	if (fd < 0)
		die(path, errno);
	return fd;
}

static void run(struct server *s)
{
	const size_t bytes = (DEPTH * sizeof(*s->descs) + PAGE - 1) & ~(size_t)(PAGE - 1);
	int queue = open_queue(), r;
	pthread_t thread;
	uint16_t tag;

	s->descs = mmap(NULL, bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, queue,
			UBLKSRV_CMD_BUF_OFFSET);
	if (s->descs == MAP_FAILED)
		die("mmap", errno);
	s->buffers = mmap(NULL, (size_t)DEPTH * MAX_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (s->buffers == MAP_FAILED)
		die("mmap", errno);
	r = io_uring_queue_init(DEPTH, &s->ring, 0);
	if (r)
		die("io_uring", -r);
	for (tag = 0; tag < DEPTH; tag++)
		ask(s, queue, UBLK_IO_FETCH_REQ, tag, 0);
	r = io_uring_submit(&s->ring);
	if (r < 0)
		die("io_uring", -r);
	if (pthread_create(&thread, NULL, start, NULL))
		die("a thread", errno);
	serve(s, queue);
	pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	struct server server = { 0 };

	if (argc == 2 && !strcmp(argv[1], "stop")) {
		control(UBLK_CMD_STOP_DEV, NULL, 0, 0);
		control(UBLK_CMD_DEL_DEV, NULL, 0, 0);
		return 0;
	}
	if (argc != 4) {
		fprintf(stderr, "Usage: ublk BACKING START SECTORS, or ublk stop\n");
		return 2;
	}
	server.backing = open(argv[1], O_RDONLY | O_DIRECT);
	if (server.backing < 0)
		die(argv[1], errno);
	server.start = (off_t)strtoull(argv[2], NULL, 10) * SECTOR;
	add(strtoull(argv[3], NULL, 10));
	run(&server);
	return 0;
}
