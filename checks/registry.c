/* registry.c - the built-in checks: parsed once from the embedded files, ordered by id. Not for several threads. */
#include "checks/embedded.h"
#include "checks/engine.h"

#include <stdlib.h>
#include <string.h>

static struct head *heads;
static struct check *checks;
static size_t n_checks;
static struct errors bad; /* built-in checks that are wrong: their number is zero in a tested build */

static int compare_heads(const void *a, const void *b)
{
    return strcmp(((const struct head *)a)->check.id, ((const struct head *)b)->check.id);
}

__attribute__((destructor)) static void registry_free(void)
{
    for (size_t i = 0; i < n_checks; i++)
        head_release(&heads[i]);
    free(heads);
    free(checks);
    heads = NULL;
    checks = NULL;
    n_checks = 0;
    errors_release(&bad);
}

int registry_is_views(const char *path)
{
    return !strncmp(path, "checks/views", strlen("checks/views"));
}

static void registry_fill(void)
{
    const struct embedded_file *file;
    size_t n = 0;

    if (heads)
        return;
    for (file = embedded_checks; file->path; file++)
        n++;
    heads = calloc(n + 1, sizeof *heads);
    checks = calloc(n + 1, sizeof *checks);
    if (!heads || !checks) {
        registry_free();
        return;
    }
    for (file = embedded_checks; file->path; file++)
        if (!registry_is_views(file->path) && !head_parse(file->path, file->text, &heads[n_checks], &bad))
            n_checks++;
    qsort(heads, n_checks, sizeof *heads, compare_heads);
    for (size_t i = 0; i < n_checks; i++)
        checks[i] = heads[i].check;
}

const struct head *registry_heads(size_t *ret_n)
{
    registry_fill();
    *ret_n = n_checks;
    return heads;
}

const struct errors *registry_errors(void)
{
    registry_fill();
    return &bad;
}

const struct check *judge_checks(size_t *ret_n)
{
    registry_fill();
    *ret_n = n_checks;
    return checks;
}

const struct check *judge_check(const char *id)
{
    registry_fill();
    for (size_t i = 0; i < n_checks; i++)
        if (!strcmp(checks[i].id, id))
            return &checks[i];
    return NULL;
}
