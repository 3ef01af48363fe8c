// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lies on the volume, as a tree.
 */
#include "../gen/report.h"
#include "node.h"

/**
 * node_new() - put something into a folder
 * @parent: the folder; NULL for the root
 * @name: its name there
 * @kind: what it is
 *
 * Return: the new node, or NULL after a report.
 */
struct node *node_new(struct node *parent, const char *name,
		      enum node_kind kind)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node || !(node->name = strdup(name)) ||
	    asprintf(&node->path, "%s/%s", parent && parent->parent ?
		     parent->path : "", name) < 0) {
		report_line("out of memory");
		if (node)
			free(node->name);
		free(node);
		return NULL;
	}
	node->kind = kind;
	node->parent = parent;
	node->tbz_mask = 0xff;
	if (!parent)
		return node;
	if (parent->last_child)
		parent->last_child->next = node;
	else
		parent->children = node;
	parent->last_child = node;
	return node;
}

/**
 * node_find() - look for a name in a folder
 * @folder: the folder
 * @name: the name
 * @length: its bytes
 *
 * Return: what has that name, or NULL.
 */
struct node *node_find(struct node *folder, const char *name, size_t length)
{
	struct node *child;

	for (child = folder->children; child; child = child->next) {
		if (strlen(child->name) == length &&
		    !memcmp(child->name, name, length))
			return child;
	}
	return NULL;
}

/**
 * node_generation() - how often its file descriptor was used
 * @node: the node
 *
 * Return: the number, which its entry in the folder repeats.
 */
u32 node_generation(const struct node *node)
{
	return node->kind == NODE_SYSTEM || !node->parent ?
		       1 : (u32)node->fd * 3 % 251 + 1;
}

/**
 * node_free() - forget a node and all that is in it
 * @node: the node, or NULL
 */
void node_free(struct node *node)
{
	if (!node)
		return;
	while (node->children) {
		struct node *child = node->children;

		node->children = child->next;
		node_free(child);
	}
	free(node->name);
	free(node->path);
	free(node->from);
	free(node->target);
	free(node->memory);
	free(node->ranges);
	free(node->inline_data);
	free(node->top);
	free(node);
}
