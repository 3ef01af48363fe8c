/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * File names in a descriptor are in the encoding that it names.
 */
#ifndef SESPARSE_VMDK_ENCODING_H
#define SESPARSE_VMDK_ENCODING_H

int encoding_convert(const char *encoding, const char *text, char **converted);

#endif /* SESPARSE_VMDK_ENCODING_H */
