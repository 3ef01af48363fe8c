// SPDX-License-Identifier: GPL-2.0-only
//
// compat.h, where dm_submit_bio_remap() leaves a bio that the target made without a
// cgroup: it gets that of whoever submits it.

@@ expression E; @@
- sesparse_join_cgroup(E)
+ bio_associate_blkg(E)
