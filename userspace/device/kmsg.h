/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's log, the only place where it says what is wrong with a table.
 */
#ifndef SESPARSE_DEVICE_KMSG_H
#define SESPARSE_DEVICE_KMSG_H

#include <stdbool.h>

int kmsg_open(void);
bool kmsg_repeat(int fd);
void kmsg_close(int fd);

#endif /* SESPARSE_DEVICE_KMSG_H */
