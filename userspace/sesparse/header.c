// SPDX-License-Identifier: GPL-2.0-only
#include <stdint.h>

#include "sesparse/header.h"
#include "source/source.h"
#include "source/splice.h"
#include "util/hash.h"

/**
 * header_read() - read an extent's headers
 * @source: what it lies in, open
 * @start: its first sector there
 * @header: filled in
 *
 * Return: 0, or an errno: ENODATA if the source ends before.
 */
int header_read(const struct source *source, u64 start, struct header *header)
{
	return source_read(source, header->words, sizeof(header->words),
			   start * SESPARSE_SECTOR_SIZE);
}

/**
 * header_hash() - hash an extent's headers
 * @source: what it lies in, open
 * @start: its first sector there
 * @hash: of whatever else, which the headers are added to
 *
 * They change whenever the extent is written to.  What a patch or a replay has it
 * read as otherwise is added, too.
 *
 * Return: 0, or an errno: ENODATA if the source ends before.
 */
int header_hash(const struct source *source, u64 start, u64 *hash)
{
	struct header header;
	int error = header_read(source, start, &header);

	if (error)
		return error;
	*hash = hash_add(*hash, header.words, sizeof(header.words));
	return splice_hash(source, hash);
}

/**
 * header_decode() - check an extent's headers
 * @source: what it lies in, open
 * @start: its first sector there, not past the source's end
 * @header: of header_read()
 * @geo: filled in on success
 * @why: what is wrong, on failure
 * @size: room for it
 *
 * Return: 0, or not.
 */
int header_decode(const struct source *source, u64 start,
		  const struct header *header, struct sesparse_geometry *geo,
		  char *why, size_t size)
{
	return sesparse_decode_header(header->words, source->sectors - start,
				      geo, why, size);
}

/**
 * header_is_one() - does it begin as the headers of an extent do?
 * @header: of header_read()
 *
 * Return: true if so.
 */
bool header_is_one(const struct header *header)
{
	return le64_to_cpu(header->words[0]) == SESPARSE_CONST_MAGIC;
}

/**
 * header_is_of_more() - are they sound, but of an extent that goes on?
 * @header: of header_read(), which header_decode() refused
 *
 * The grains lie behind all that the headers tell of, so none of them is there then.
 *
 * Return: true if so.
 */
bool header_is_of_more(const struct header *header)
{
	struct sesparse_geometry geo;
	char why[160];

	return !sesparse_decode_header(header->words, UINT64_MAX, &geo, why,
				       sizeof(why));
}

/**
 * header_volatile() - the volatile header
 * @header: of header_read()
 *
 * Return: it.
 */
const struct sesparse_volatile_header *
header_volatile(const struct header *header)
{
	return (const void *)((const char *)header->words +
			      SESPARSE_SECTOR_SIZE);
}
