/* stack.c - the frames of a stopped thread, and what is known of each. */
#include "harness/stack/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_KEPT 4096 /* bytes of a path or a symbol */

struct stack_reader *stack_reader_new(pid_t pid)
{
    struct stack_reader *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->pid = pid;
    r->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    r->dwfl = dwfl_begin(&modules_callbacks);
    if (r->dwfl)
        return r;
    stack_reader_free(r);
    return NULL;
}

void stack_reader_free(struct stack_reader *r)
{
    if (!r)
        return;
    dwfl_end(r->dwfl);
    look_maps_release(&r->maps);
    free(r->vdso);
    if (r->proc >= 0)
        close(r->proc);
    free(r);
}

void stack_release(struct stack *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->frames[i].object);
        free(s->frames[i].symbol);
        free(s->frames[i].source);
    }
    memset(s, 0, sizeof *s);
}

static int copy_name(const char *name, char **ret)
{
    *ret = name ? strndup(name, NAME_MAX_KEPT) : NULL;
    return name && !*ret ? -ENOMEM : 0;
}

/* pcs of the frames, from the innermost on. */
struct walk {
    size_t n;
    uint64_t pcs[STACK_MAX];
};

static int walk_frame(Dwfl_Frame *frame, void *context)
{
    struct walk *walk = context;
    bool is_activation;
    Dwarf_Addr pc;

    if (!dwfl_frame_pc(frame, &pc, &is_activation))
        return DWARF_CB_ABORT;
    /* A return address may lie behind its function, after a call that never returns. */
    walk->pcs[walk->n] = is_activation || !walk->n ? pc : pc - 1;
    walk->n++;
    return walk->n < STACK_MAX ? DWARF_CB_OK : DWARF_CB_ABORT;
}

/* The file mapping that the address is in: libdwfl takes what lies behind a module for a part of it. */
static const struct look_map *reader_map(const struct stack_reader *r, uint64_t pc)
{
    for (size_t i = 0; i < r->maps.n; i++)
        if (pc >= r->maps.maps[i].start && pc < r->maps.maps[i].end)
            return r->maps.maps[i].path[0] == '/' || !strcmp(r->maps.maps[i].path, "[vdso]") ? &r->maps.maps[i] : NULL;
    return NULL;
}

static int frame_source(Dwfl_Module *module, uint64_t pc, struct stack_frame *ret)
{
    Dwfl_Line *line = dwfl_module_getsrc(module, pc);
    int number = 0;
    const char *source = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;

    ret->line = source ? number : 0;
    return copy_name(source, &ret->source);
}

/* Fills in what is known of `pc`. 0 or -ENOMEM. */
static int frame_describe(struct stack_reader *r, uint64_t pc, int with_source, struct stack_frame *ret)
{
    const struct look_map *map = reader_map(r, pc);
    Dwfl_Module *module = map ? dwfl_addrmodule(r->dwfl, pc) : NULL;
    const char *name = NULL, *symbol;
    Dwarf_Addr start, bias;
    GElf_Off offset;
    GElf_Sym sym;
    int error;

    ret->pc = pc;
    if (module)
        name = dwfl_module_info(module, NULL, &start, NULL, NULL, NULL, NULL, NULL);
    if (!name || strcmp(name, map->path)) {
        ret->offset = map ? pc - map->start + map->offset : 0;
        return copy_name(map ? map->path : NULL, &ret->object);
    }
    error = copy_name(name, &ret->object);
    /* Without its file: from the start of its mapping, which is the same in every run too. */
    ret->offset = pc - (dwfl_module_getelf(module, &bias) ? bias : start);
    symbol = dwfl_module_addrinfo(module, pc, &offset, &sym, NULL, NULL, NULL);
    if (!error)
        error = copy_name(symbol, &ret->symbol);
    ret->symbol_offset = symbol ? offset : 0;
    if (!error && with_source && modules_has_lines(r, module))
        error = frame_source(module, pc, ret);
    return error;
}

int stack_read(struct stack_reader *r, pid_t tid, int with_source, struct stack *ret)
{
    struct stack stack = { 0 };
    struct walk walk = { 0 };
    struct look_syscall blocked;
    int error = modules_report(r, tid);

    if (error == -ENOMEM)
        return error;
    if (!error && !r->is_attached)
        r->is_attached = !dwfl_linux_proc_attach(r->dwfl, r->pid, true);
    if (!error && r->is_attached)
        dwfl_getthread_frames(r->dwfl, tid, walk_frame, &walk);
    if (!walk.n) { /* no unwinder for such a program: where it stands can be told still */
        error = look_syscall(r->proc, r->pid, tid, &blocked);
        if (!error && blocked.running)
            error = -EAGAIN;
        if (error)
            return error;
        walk.pcs[walk.n++] = blocked.pc;
    }
    for (error = 0; !error && stack.n < walk.n; stack.n++)
        error = frame_describe(r, walk.pcs[stack.n], with_source, &stack.frames[stack.n]);
    if (error)
        stack_release(&stack);
    else
        *ret = stack;
    return error;
}
