/* history.c - which ids, groups and capabilities a process has had. */
#include "harness/prove/internal.h"

#include <errno.h>
#include <stdlib.h>

struct prove_history *prove_history_copy(const struct prove_history *from)
{
    struct prove_history *h = calloc(1, sizeof *h);

    if (h && from)
        *h = *from;
    return h;
}

void prove_history_free(struct prove_history *h)
{
    free(h);
}

static int is_in(const uint32_t *ids, size_t n, uint32_t id)
{
    for (size_t i = 0; i < n; i++)
        if (ids[i] == id)
            return 1;
    return 0;
}

/* 0 is what matters most: it is kept also when the room is full. */
static void keep(uint32_t *ids, size_t *n, size_t room, uint32_t id)
{
    if (is_in(ids, *n, id))
        return;
    if (*n < room)
        ids[(*n)++] = id;
    else if (!id)
        ids[0] = id;
}

int prove_history_add(struct prove_history *h, const struct look_status *status)
{
    for (int i = 0; i < 4; i++) {
        keep(h->uids, &h->n_uids, PROVE_IDS, status->uid[i]);
        keep(h->gids, &h->n_gids, PROVE_IDS, status->gid[i]);
    }
    for (size_t i = 0; i < status->n_groups; i++)
        keep(h->groups, &h->n_groups, PROVE_GROUPS, status->groups[i]);
    h->caps |= status->cap_prm | status->cap_eff;
    return 0;
}

/* Root may become anybody: what it has had besides is no loss. */
static int has_lost_ids(const struct prove_history *h, const struct look_status *now)
{
    if (!now->uid[1])
        return 0;
    for (size_t i = 0; i < h->n_uids; i++)
        if (h->uids[i] != now->uid[1])
            return 1;
    for (size_t i = 0; i < h->n_gids; i++)
        if (h->gids[i] != now->gid[1])
            return 1;
    for (size_t i = 0; i < h->n_groups; i++)
        if (!is_in(now->groups, now->n_groups, h->groups[i]))
            return 1;
    return 0;
}

int prove_has_lost(const struct prove_history *h, const struct look_status *now)
{
    return has_lost_ids(h, now) || h->caps & ~now->cap_eff;
}
