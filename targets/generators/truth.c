/* truth.c - what the processes of one run wrote down of their own draws, and which of them drew the same. */
#include "targets/generators/truth.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const role_names[N_ROLE] = { "parent", "child", "sibling" };

static int text_read(const char *path, char **ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;
    struct stat st;
    char *text = NULL;

    if (fd < 0 || fstat(fd, &st) || !(text = malloc((size_t)st.st_size + 1))) {
        r = -errno;
        goto out;
    }
    if (read(fd, text, (size_t)st.st_size) != st.st_size) {
        r = -EIO;
        goto out;
    }
    text[st.st_size] = '\0';
    *ret = text;
    text = NULL;
out:
    free(text);
    if (fd >= 0)
        close(fd);
    return r;
}

static int line_read(struct truth *t, char *line)
{
    char *rest, *word = strtok_r(line, " ", &rest);
    unsigned role = 0;

    while (word && role < N_ROLE && strcmp(word, role_names[role]))
        role++;
    if (!word || role == N_ROLE)
        return -EINVAL;
    t->has_written[role] = 1;
    while ((word = strtok_r(NULL, " ", &rest))) {
        t->values[t->n] = word;
        t->role_of[t->n++] = (unsigned char)role;
        t->n_of[role]++;
    }
    return 0;
}

int truth_read(const char *path, struct truth *ret)
{
    struct truth t = { .n = 0 };
    char *line, *rest;
    size_t most;
    int r = text_read(path, &t.text);

    if (r)
        return r;
    most = strlen(t.text) / 2 + 1;
    t.values = calloc(most, sizeof *t.values);
    t.role_of = calloc(most, 1);
    if (!t.values || !t.role_of)
        r = -ENOMEM;
    for (line = strtok_r(t.text, "\n", &rest); line && !r; line = strtok_r(NULL, "\n", &rest))
        r = line_read(&t, line);
    if (r)
        truth_release(&t);
    else
        *ret = t;
    return r;
}

void truth_release(struct truth *t)
{
    free(t->text);
    free(t->values);
    free(t->role_of);
    memset(t, 0, sizeof *t);
}

static int has_value(const struct truth *t, const char *value, enum role role)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->role_of[i] == role && !strcmp(t->values[i], value))
            return 1;
    return 0;
}

size_t truth_count_equal(const struct truth *t, enum role a, enum role b)
{
    size_t equal = 0;

    for (size_t i = 0; i < t->n; i++)
        equal += t->role_of[i] == a && has_value(t, t->values[i], b);
    return equal;
}
