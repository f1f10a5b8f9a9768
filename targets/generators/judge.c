/* judge.c - holds what an audit said of one generator in one run against what the processes of that run really drew.
 *
 * usage: judge TRUTH RECORDING GENERATOR HOW RESEED EXPECT      (TRUTH alone: prints what was drawn)
 *
 * GENERATOR is a symbol or name of the table generator. EXPECT is '-' or words joined by commas, where what was drawn
 * does not say everything: weak (only pid, clock or TSC part the streams, unless somebody reseeds), weak-always (also
 * then; siblings may part by what came in since), varies (and values may repeat or not), pid (repeats under the
 * other's pid), pid-raw (the same where no fork handler runs), one-generator, refuses, unseeded, uncallable, code (its
 * code is recognised), once.
 * Prints "TRUTH<tab>VERDICT<tab>RESULT": RESULT is right, undecided, or WRONG.
 */
#include "targets/generators/recorded.h"
#include "targets/generators/truth.h"

#include <stdio.h>
#include <string.h>

enum pair { PAIR_CHILD, PAIR_SIBLING, PAIR_BOTH, N_PAIR };
static const enum role sides[N_PAIR][2] = {
    { ROLE_CHILD, ROLE_PARENT },
    { ROLE_SIBLING, ROLE_PARENT },
    { ROLE_SIBLING, ROLE_CHILD },
};

enum result { RESULT_RIGHT, RESULT_UNDECIDED, RESULT_WRONG };
static const char *const result_names[] = { "right", "undecided", "WRONG" };

/* What one run was. */
struct run {
    const char *how, *reseed, *expect;
    struct truth truth;
    struct recorded said;
};

static int expects(const struct run *r, const char *word)
{
    size_t length = strlen(word);

    for (const char *e = r->expect; e; e = strchr(e, ',') ? strchr(e, ',') + 1 : NULL)
        if (!strncmp(e, word, length) && (e[length] == ',' || !e[length]))
            return 1;
    return 0;
}

/* 1: the child begins with nothing of the parent, or in its very memory: there is nothing to compare. */
static int is_apart(const struct run *r)
{
    return !strcmp(r->how, "vfork") || !strcmp(r->how, "posix_spawn");
}

/* Nobody can say, or nothing was said: fine where there was nothing to say. */
static enum result judge_silence(const struct run *r, int is_shared)
{
    if (!is_shared && (is_apart(r) || expects(r, "uncallable")))
        return RESULT_RIGHT;
    if (is_shared && is_apart(r) && (r->said.has_same_seed || expects(r, "unseeded")))
        return RESULT_RIGHT;
    return is_shared && r->said.has_token ? RESULT_RIGHT : RESULT_UNDECIDED;
}

static enum result judge_apart(const struct run *r, enum pair pair, const char *word)
{
    const int reseeds = strcmp(r->reseed, "none") != 0;

    if (!strcmp(word, "weak"))
        return expects(r, "weak-always") || expects(r, "varies") || (expects(r, "weak") && !reseeds) ? RESULT_RIGHT
                                                                                                     : RESULT_WRONG;
    if (!strcmp(word, "one-generator") || !strcmp(word, "refuses"))
        return expects(r, word) ? RESULT_RIGHT : RESULT_WRONG;
    if (strcmp(word, "diverged"))
        return RESULT_WRONG;
    if (reseeds || (pair == PAIR_BOTH && expects(r, "weak-always")))
        return RESULT_RIGHT;
    /* libuuid's state is a thread's own: one that never drew before the fork begins afresh. */
    if (expects(r, "varies") && !strcmp(r->how, "threads"))
        return RESULT_RIGHT;
    return expects(r, "weak") || expects(r, "weak-always") || expects(r, "one-generator") ||
                   (expects(r, "refuses") && !r->truth.n_of[sides[pair][0]])
               ? RESULT_WRONG
               : RESULT_RIGHT;
}

static enum result judge_pair(const struct run *r, enum pair pair, const char *word, int is_shared)
{
    if (!strcmp(word, "-") || !strcmp(word, "undecided"))
        return judge_silence(r, is_shared);
    if (!strcmp(word, "token"))
        return is_shared ? RESULT_RIGHT : RESULT_WRONG;
    if (!is_shared && !r->truth.n_of[sides[pair][0]] && !strcmp(word, "refuses"))
        return RESULT_RIGHT;
    if (!is_shared)
        return judge_apart(r, pair, word);
    if (!strcmp(word, "weak"))
        return expects(r, "varies") ? RESULT_RIGHT : RESULT_WRONG;
    if (!strcmp(word, "unseeded"))
        return expects(r, "unseeded") ? RESULT_RIGHT : RESULT_WRONG;
    return !strcmp(word, "shared") || !strcmp(word, "pid-repeats") ? RESULT_RIGHT : RESULT_WRONG;
}

/* "would repeat if the pid came again": only where it does not repeat already. */
static int pid_flag_is_wrong(const struct run *r)
{
    const int plain = !strcmp(r->how, "fork") || !strcmp(r->how, "_Fork") || !strcmp(r->how, "clone");

    if (!plain || strcmp(r->reseed, "none") ||
        (strcmp(r->said.words[0], "diverged") && strcmp(r->said.words[0], "weak")))
        return 0;
    return r->said.pid_repeats != (expects(r, "pid") || (expects(r, "pid-raw") && strcmp(r->how, "fork")));
}

/* "a" when all are equal, else "a/b/c". */
static void words_print(const char *const *words, unsigned n)
{
    unsigned i = 1;

    while (i < n && !strcmp(words[i], words[0]))
        i++;
    fputs(words[0], stdout);
    for (unsigned k = 1; i < n && k < n; k++)
        printf("/%s", words[k]);
}

static void run_judge(struct run *r)
{
    const unsigned n = strcmp(r->how, "pidreuse") ? N_PAIR : 1;
    const char *truth[N_PAIR];
    enum result worst = RESULT_RIGHT;

    for (unsigned i = 0; i < n; i++) {
        const int is_shared = truth_count_equal(&r->truth, sides[i][0], sides[i][1]) > 0;
        const enum result one = judge_pair(r, i, r->said.words[i], is_shared);

        truth[i] = is_shared ? "shared" : r->truth.n_of[sides[i][0]] ? "diverged" : "refuses";
        if (one > worst)
            worst = one;
    }
    if (pid_flag_is_wrong(r) || (expects(r, "code") && !r->said.has_code))
        worst = RESULT_WRONG;
    words_print(truth, n);
    putchar('\t');
    words_print(r->said.words, n);
    printf("%s%s%s\t%s\n", r->said.reason[0] ? " " : "", r->said.reason, r->said.pid_repeats ? " +pid" : "",
           result_names[worst]);
}

int main(int argc, char **argv)
{
    struct run r = { .how = "" };
    int error;

    if (argc != 2 && argc != 7) {
        fputs("usage: judge TRUTH [RECORDING GENERATOR HOW RESEED EXPECT]\n", stderr);
        return 64;
    }
    error = truth_read(argv[1], &r.truth);
    if (error) {
        fprintf(stderr, "judge: %s: %s\n", argv[1], strerror(-error));
        return 1;
    }
    if (argc == 2) {
        for (unsigned i = 0; i < N_PAIR; i++)
            printf("%s%zu", i ? " " : "", truth_count_equal(&r.truth, sides[i][0], sides[i][1]));
        printf(" equal of %zu %zu %zu\n", r.truth.n_of[ROLE_CHILD], r.truth.n_of[ROLE_SIBLING],
               r.truth.n_of[ROLE_PARENT]);
    } else {
        r.how = argv[4];
        r.reseed = argv[5];
        r.expect = argv[6];
        error = recorded_read(argv[2], argv[3], r.how, &r.said);
        if (!error)
            run_judge(&r);
        else
            printf("-\t-\tWRONG: %s\n", r.said.reason);
    }
    truth_release(&r.truth);
    return 0;
}
