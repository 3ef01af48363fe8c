/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk on one screen of a terminal.
 */
#ifndef SESPARSE_CLI_PICTURE_H
#define SESPARSE_CLI_PICTURE_H

struct disk;

int picture_print(const struct disk *disk);

#endif /* SESPARSE_CLI_PICTURE_H */
