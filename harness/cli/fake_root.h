/* fake_root.h - become root of a user namespace (user_namespaces(7)), so that an ordinary user can audit a daemon that
 * drops privilege.
 *
 * Inside, uid 0 is the invoking user and 1, 2, 3 ... are that user's subordinate ids (subuid(5)), so a program can
 * change to www-data and lose root by it. The tracer must be inside too: from outside the descriptors of a process that
 * has dropped its privilege cannot be read. And the ids must be mapped before anything is traced: newuidmap(1) is
 * set-uid, and gains nothing under a tracer.
 */
#ifndef FORKAUDIT_CLI_FAKE_ROOT_H
#define FORKAUDIT_CLI_FAKE_ROOT_H

#include <stddef.h>

/* Makes the calling process root of a new user namespace. It must have one thread and no tracee yet.
 * Its supplementary groups stay, by which files may be in its reach, and show as 65534. 0, with *ret_id_maps as
 * audit.id_maps has it (owned by the caller); or a negative errno, with a sentence in `why` that says what to change,
 * and the process is of no further use but to clean up. */
int fake_root_enter(char **ret_id_maps, char *why, size_t why_size);
/* Tries it in a child. 0 or a negative errno with the sentence. */
int fake_root_probe(char *why, size_t why_size);

/* 1: the id is mapped. kind: "uid" or "gid". */
int fake_root_has(const char *id_maps, const char *kind, unsigned id);

#endif
