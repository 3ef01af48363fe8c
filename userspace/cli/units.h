/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What systemd is to do about the disks of a table.
 */
#ifndef SESPARSE_CLI_UNITS_H
#define SESPARSE_CLI_UNITS_H

struct tab;

int units_write(const char *folder, const struct tab *tab);

#endif /* SESPARSE_CLI_UNITS_H */
