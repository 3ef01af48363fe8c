// SPDX-License-Identifier: GPL-2.0-only
//
// compat.h, where dm_submit_bio_remap() sets the bio's cgroup to that of the reader.

@@ expression E, B, C; @@
- while (E) {
-	sesparse_join_cgroup(C);
+ while (E)
	dm_submit_bio_remap(B, C);
- }
