/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A descriptor written anew for an extent that has lost its own.
 */
#ifndef SESPARSE_CLI_DESCRIPTOR_ANEW_H
#define SESPARSE_CLI_DESCRIPTOR_ANEW_H

struct options;

int descriptor_anew(struct options *o, const char *extent, const char *to);

#endif /* SESPARSE_CLI_DESCRIPTOR_ANEW_H */
