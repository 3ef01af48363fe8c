// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "vmfs/le.h"
#include "vmfs/uuid.h"

/**
 * uuid_print() - write an identifier as VMware does
 * @uuid: it: two numbers of 32 bits, one of 16 and 6 bytes
 * @text: set to it
 */
void uuid_print(const unsigned char uuid[UUID_BYTES],
		char text[UUID_TEXT_SIZE])
{
	snprintf(text, UUID_TEXT_SIZE, "%08x-%08x-%04x-%02x%02x%02x%02x%02x%02x",
		 le32_at(uuid, 0), le32_at(uuid, 4), le16_at(uuid, 8),
		 uuid[10], uuid[11], uuid[12], uuid[13], uuid[14], uuid[15]);
}

/**
 * uuid_is_null() - is there none?
 * @uuid: it
 *
 * Return: true if it is all zeros.
 */
bool uuid_is_null(const unsigned char uuid[UUID_BYTES])
{
	static const unsigned char none[UUID_BYTES];

	return !memcmp(uuid, none, UUID_BYTES);
}
