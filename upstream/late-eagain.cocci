// SPDX-License-Identifier: GPL-2.0-only
//
// compat.h, where io_uring comes again after an EAGAIN that it hears of late: no bio
// has to stay one, so that a part of it can always be accepted and a plan may always
// have all of its children; nor has a polled bio's child to wait.

@@ typedef bool; identifier bio; @@
- static inline bool read_must_stay_one(const struct bio *bio)
- { ... }

@@ expression E, F; @@
- read_must_stay_one(...) ? E : F
+ F

@@ identifier bio, sectors; @@
- static inline bool read_accept(struct bio *bio, unsigned int sectors)
+ static inline void read_accept(struct bio *bio, unsigned int sectors)
 {
	if (likely(...))
-		return true;
+		return;
-	if (unlikely(read_must_stay_one(bio))) { ... }
	dm_accept_partial_bio(bio, sectors);
-	return true;
 }

@@ expression A, B; @@
- if (unlikely(!read_accept(A, B))) { ... }
+ read_accept(A, B);

@@ expression A, B; @@
- if (unlikely(!read_accept(A, B)))
-	return DM_MAPIO_SUBMITTED;
+ read_accept(A, B);

@@ struct sesparse_plan *P; @@
- if (P->max == 1)
-	return;

@@ struct sesparse_plan *P; @@
- P->max = SESPARSE_PLAN_CHILDREN;

@@ struct sesparse_plan *P; @@
- P->max
+ SESPARSE_PLAN_CHILDREN

@@ @@
 struct sesparse_plan {
	...
-	unsigned int max;
	...
 };

@@ expression E; @@
- sesparse_clear_polled(E)
+ bio_clear_polled(E)
