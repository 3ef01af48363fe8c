// SPDX-License-Identifier: GPL-2.0-only
//
// compat.h, where io_uring fails a read of which it hears late that it would have had
// to wait.

@@ typedef bool; identifier bio; expression E; @@
 static inline bool read_must_stay_one(const struct bio *bio)
 {
-	return !sesparse_late_eagain_is_fine() && E;
+	/* io_uring would fail the read, where it hears of it from an interrupt. */
+	return E;
 }

@@ expression C, E; @@
 if (C)
-	sesparse_clear_polled(E);
+ {
+	/* Nor may it end late, so it may wait for requests. */
+	bio_clear_polled(E);
+	E->bi_opf &= ~REQ_NOWAIT;
+ }
