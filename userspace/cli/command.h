/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command line, as main() gets it.
 */
#ifndef SESPARSE_CLI_COMMAND_H
#define SESPARSE_CLI_COMMAND_H

int command_run(int argc, char **argv);
int command_check(int argc, char **argv);

#endif /* SESPARSE_CLI_COMMAND_H */
