/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of a seSparse extent's header fields, and where each one lies.
 */
#ifndef SESPARSE_SESPARSE_FIELDS_H
#define SESPARSE_SESPARSE_FIELDS_H

#include <stddef.h>

/* Of the journal's header, which no reader of grains needs. */
#define SESPARSE_JOURNAL_MAGIC 0x00000000deafc0deULL

/* How a field is best shown to a person. */
enum sesparse_field_kind {
	SESPARSE_FIELD_HEX, /* magic numbers, versions, flags */
	SESPARSE_FIELD_SECTORS, /* an offset or a size */
	SESPARSE_FIELD_NUMBER,
};

/**
 * struct sesparse_field - a 64-bit little-endian field of the headers
 * @name: as Documentation/format.rst calls it
 * @offset: its byte in an extent whose headers are where ESXi puts them: the
 *          volatile one in sector 1, the journal's in sector 2
 * @kind: how to show it
 */
struct sesparse_field {
	const char *name;
	size_t offset;
	enum sesparse_field_kind kind;
};

extern const struct sesparse_field sesparse_fields[];
extern const size_t sesparse_nr_fields;

const struct sesparse_field *sesparse_find_field(const char *name);

#endif /* SESPARSE_SESPARSE_FIELDS_H */
