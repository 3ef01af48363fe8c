/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The LUNs of the command line, and the datastores on them.
 */
#ifndef SESPARSE_CLI_LUNS_H
#define SESPARSE_CLI_LUNS_H

struct options;

int luns_open(struct options *o);
int luns_needed(const struct options *o);
void luns_close(struct options *o);

#endif /* SESPARSE_CLI_LUNS_H */
