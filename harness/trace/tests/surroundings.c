/* surroundings.c - what a process can ask the kernel of itself: taken before and after, it must be the same. */
#include "harness/trace/tests/plays_hold.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FDS 128

struct surroundings {
    sigset_t mask, pending;
    uint64_t actions[65][4]; /* as the kernel has them */
    struct rusage children;
    int dumpable, securebits, death_signal;
    pid_t pid, parent, group, session;
    uid_t uids[3];
    gid_t gids[3];
    mode_t mask_of_files;
    int fd_flags[FDS];
    uint64_t fd_inodes[FDS];
    char folder[1024];
    char child_ids[64]; /* /proc/thread-self/children */
};

static void read_children(char *text, size_t size)
{
    FILE *f = fopen("/proc/thread-self/children", "re");

    if (f && !fgets(text, (int)size, f))
        text[0] = '\0';
    if (f)
        fclose(f);
}

struct surroundings *surroundings_take(void)
{
    struct surroundings *s = calloc(1, sizeof *s);
    struct stat st;

    if (!s)
        return NULL;
    sigprocmask(SIG_BLOCK, NULL, &s->mask);
    sigpending(&s->pending);
    sigdelset(&s->pending, SIGUSR2); /* a timer of the play's own */
    for (int i = 1; i < 65; i++)
        syscall(SYS_rt_sigaction, i, NULL, s->actions[i], 8);
    getrusage(RUSAGE_CHILDREN, &s->children);
    s->dumpable = prctl(PR_GET_DUMPABLE);
    s->securebits = prctl(PR_GET_SECUREBITS);
    prctl(PR_GET_PDEATHSIG, &s->death_signal);
    s->pid = getpid();
    s->parent = getppid();
    s->group = getpgrp();
    s->session = getsid(0);
    getresuid(&s->uids[0], &s->uids[1], &s->uids[2]);
    getresgid(&s->gids[0], &s->gids[1], &s->gids[2]);
    s->mask_of_files = umask(022);
    umask(s->mask_of_files);
    if (!getcwd(s->folder, sizeof s->folder))
        s->folder[0] = '\0';
    read_children(s->child_ids, sizeof s->child_ids);
    for (int i = 0; i < FDS; i++) {
        s->fd_flags[i] = fcntl(i, F_GETFD);
        if (s->fd_flags[i] >= 0 && !fstat(i, &st))
            s->fd_inodes[i] = st.st_ino;
    }
    return s;
}

void surroundings_forget_children(struct surroundings *s)
{
    if (s)
        memset(&s->children, 0, sizeof s->children);
}

static const char *first_difference(const struct surroundings *a, const struct surroundings *b, int with_descriptors)
{
    if (memcmp(&a->mask, &b->mask, sizeof a->mask))
        return "the signal mask";
    if (memcmp(&a->pending, &b->pending, sizeof a->pending))
        return "the pending signals";
    if (memcmp(a->actions, b->actions, sizeof a->actions))
        return "a signal's disposition";
    if (memcmp(&a->children, &b->children, sizeof a->children))
        return "the resources of its children";
    if (a->dumpable != b->dumpable || a->securebits != b->securebits || a->death_signal != b->death_signal)
        return "what prctl tells";
    if (a->pid != b->pid || a->parent != b->parent || a->group != b->group || a->session != b->session)
        return "its place among processes";
    if (memcmp(a->uids, b->uids, sizeof a->uids) || memcmp(a->gids, b->gids, sizeof a->gids))
        return "its ids";
    if (a->mask_of_files != b->mask_of_files || strcmp(a->folder, b->folder))
        return "its place among files";
    if (strcmp(a->child_ids, b->child_ids))
        return "its children";
    if (with_descriptors && (memcmp(a->fd_flags, b->fd_flags, sizeof a->fd_flags) ||
                             memcmp(a->fd_inodes, b->fd_inodes, sizeof a->fd_inodes)))
        return "a descriptor";
    return NULL;
}

int surroundings_compare(struct board *b, struct surroundings *before, struct surroundings *after, int with_descriptors)
{
    const char *what = before && after ? first_difference(before, after, with_descriptors) : "memory: there is none";

    free(before);
    free(after);
    return what ? board_complain(b, "%s has changed", what) : 0;
}
