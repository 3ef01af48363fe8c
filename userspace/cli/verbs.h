/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verbs: each returns what the tool exits with.
 */
#ifndef SESPARSE_CLI_VERBS_H
#define SESPARSE_CLI_VERBS_H

struct options;

/*
 * What check exits with for bad arguments, as sysexits.h has it: as EXIT_USAGE
 * it would tell of the check.
 */
#define EXIT_CHECK_USAGE 64

int cmd_check(struct options *options);
int cmd_close(struct options *options);
int cmd_compare(struct options *options);
int cmd_cp(struct options *options);
int cmd_diff(struct options *options);
int cmd_dump(struct options *options);
int cmd_hash(struct options *options);
int cmd_info(struct options *options);
int cmd_list(struct options *options);
int cmd_ls(struct options *options);
int cmd_map(struct options *options);
int cmd_mount(struct options *options);
int cmd_open(struct options *options);
int cmd_recover(struct options *options);
int cmd_restore(struct options *options);
int cmd_start(struct options *options);
int cmd_status(struct options *options);
int cmd_tab(struct options *options);
int cmd_table(struct options *options);
int cmd_umount(struct options *options);

#endif /* SESPARSE_CLI_VERBS_H */
