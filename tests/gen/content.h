/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What allocated grains hold.
 */
#ifndef GEN_CONTENT_H
#define GEN_CONTENT_H

#include "../../dm-sesparse/format.h"

void content_fill(void *grain, u64 key, u64 virt);

#endif /* GEN_CONTENT_H */
