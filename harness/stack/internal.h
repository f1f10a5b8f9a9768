/* internal.h - what the files of harness/stack share. */
#ifndef FORKAUDIT_STACK_INTERNAL_H
#define FORKAUDIT_STACK_INTERNAL_H

#include "harness/look/look.h"
#include "harness/stack/stack.h"

#include <elfutils/libdwfl.h>

/* What is known of a module's debug data. libdw opens files that it names, whatever they are. */
enum modules_mark {
    MODULES_OURS,    /* nobody but root and we can have written it */
    MODULES_FOREIGN, /* not looked through yet */
    MODULES_HARMLESS,
    MODULES_NAMES_FILES,
    N_MODULES_MARK
};

struct stack_reader {
    pid_t pid;
    int proc; /* /proc */
    Dwfl *dwfl;
    int is_attached;
    struct look_maps maps; /* as the modules of dwfl have them */
    uint64_t fingerprint;  /* of the executable ones */
    void *vdso;            /* copy of its image; owned */
    char marks
        [N_MODULES_MARK]; /* their addresses mark modules, as their user data; none of them: its file is not open */
};

/* modules.c: the mapped files of a process as modules of libdwfl. */
extern const Dwfl_Callbacks modules_callbacks;
/* Reads the mappings of the stopped thread, and reports them when they have changed. 0 or a negative errno. */
int modules_report(struct stack_reader *r, pid_t tid);
/* 1: source lines may be looked for in this module. */
int modules_has_lines(struct stack_reader *r, Dwfl_Module *module);

/* mapped.c: the file behind a mapping, opened without trust in its path. */
/* An open regular file, surely the mapped one, or -1. */
int mapped_open(const struct stack_reader *r, const struct look_map *map);
/* Reads up to `size` bytes of the process; returns how many, or -1. */
ssize_t mapped_read(const struct stack_reader *r, uint64_t address, void *buffer, size_t size);

#endif
