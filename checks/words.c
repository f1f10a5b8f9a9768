/* words.c - the words that heads and rows are made of: severities, strengths, results, sources of evidence. */
#include "checks/engine.h"

#include <errno.h>
#include <string.h>

static const char *const severities[] = { "info", "low", "medium", "high", "critical", NULL };
static const char *const strengths[] = { "proven", "observed", "suspect", NULL };
static const char *const results[] = { "found", "accepted", "pass", "unknown", NULL };
/* gap.source in harness/facts/facts.sql */
static const char *const sources[] = { "fd",      "cred",   "signal",   "mapping",   "limit",  "terminal",
                                       "environ", "socket", "identity", "image",     "call",   "marker",
                                       "draw",    "follow", "settled",  "account",   "record", "poke",
                                       "proof",   "stack",  "inject",   "generator", "token",  NULL };

static int index_of(const char *const *words, const char *word)
{
    for (int i = 0; words[i]; i++)
        if (!strcmp(words[i], word))
            return i;
    return -EINVAL;
}

int judge_severity(const char *name)
{
    return index_of(severities, name);
}

const char *judge_severity_name(enum judge_severity severity)
{
    return (unsigned)severity < N_JUDGE_SEVERITY ? severities[severity] : "?";
}

int words_is_strength(const char *word)
{
    return index_of(strengths, word) >= 0;
}

int words_is_result(const char *word)
{
    return index_of(results, word) >= 0;
}

int words_is_source(const char *word)
{
    return index_of(sources, word) >= 0;
}

const char *words_list(char which)
{
    switch (which) {
    case 's':
        return "critical, high, medium, low or info";
    case 't':
        return "proven, observed or suspect";
    case 'r':
        return "found, accepted, pass or unknown";
    default:
        return "fd cred signal mapping limit terminal environ socket identity image call marker draw follow settled "
               "account record poke proof stack inject generator token, or none";
    }
}
