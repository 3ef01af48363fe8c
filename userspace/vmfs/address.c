// SPDX-License-Identifier: GPL-2.0-only
#include "vmfs/address.h"
#include "vmfs/fs.h"

#define KIND_MASK 7

static u64 bits(u64 raw, unsigned int shift, unsigned int nr)
{
	return raw >> shift & (BIT_ULL(nr) - 1);
}

/**
 * address_decode_fd() - decode the address of a file's descriptor
 * @raw: it, which has 32 bits in all versions
 *
 * Return: what it says.
 */
struct address address_decode_fd(u32 raw)
{
	return (struct address){
		.kind = raw & KIND_MASK,
		.cluster = bits(raw, 6, 16),
		.resource = (u32)bits(raw, 22, 10),
	};
}

static struct address decode_5(const struct fs *fs, u32 raw)
{
	struct address a = { .kind = raw & KIND_MASK };

	switch (a.kind) {
	case ADDRESS_BLOCK:
		a.cluster = bits(raw, 6, 26);
		a.zeros = raw & 0x20 ? ADDRESS_ALL_ZEROS : 0;
		break;
	case ADDRESS_SUB_BLOCK:
		a.cluster = bits(raw, 6, 22);
		a.resource = (u32)bits(raw, 28, 4);
		if (fs->is_dense)
			a.resource |= (raw & 0x18) << 1;
		break;
	case ADDRESS_POINTER_BLOCK:
	case ADDRESS_POINTER_BLOCK_2:
		a.cluster = bits(raw, 6, 22);
		a.resource = (u32)bits(raw, 28, 4);
		break;
	case ADDRESS_FD:
		return address_decode_fd(raw);
	default:
		break;
	}
	return a;
}

static struct address decode_6(u64 raw)
{
	struct address a = { .kind = raw & KIND_MASK };

	switch (a.kind) {
	case ADDRESS_BLOCK:
		a.zeros = (unsigned char)bits(raw, 7, 8);
		a.cluster = bits(raw, 15, 31);
		a.resource = (u32)bits(raw, 51, 13);
		break;
	case ADDRESS_LARGE_BLOCK:
		a.zeros = (unsigned char)bits(raw, 7, 8);
		a.cluster = bits(raw, 15, 31);
		break;
	case ADDRESS_SUB_BLOCK:
	case ADDRESS_POINTER_BLOCK:
	case ADDRESS_POINTER_BLOCK_2:
		a.cluster = bits(raw, 6, 36);
		a.resource = (u32)bits(raw, 56, 8);
		break;
	case ADDRESS_FD:
		return address_decode_fd((u32)raw);
	default:
		break;
	}
	return a;
}

/**
 * address_decode() - decode an address
 * @fs: whose
 * @raw: it; not 0
 *
 * Return: what it says, of which nothing has been checked.
 */
struct address address_decode(const struct fs *fs, u64 raw)
{
	return fs->is_6 ? decode_6(raw) : decode_5(fs, (u32)raw);
}
