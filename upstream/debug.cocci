// SPDX-License-Identifier: GPL-2.0-only
//
// The knobs of dm-sesparse/debug.h are for tests of the module by itself: without
// them, every way of reading is used and no allocation is made to fail.

@@ @@
- if (sesparse_debug_fail())
-	return NULL;

@@ expression E; @@
- sesparse_debug_way(...) && E
+ E

@@ expression E; @@
- E || !sesparse_debug_way(...)
+ E

@@ @@
- sesparse_debug_exit();
