/* text.c - the text format: what a person reads in the terminal. */
#include <errno.h>
#include <locale.h>

#include "harness/facts/facts.h"
#include "reports/formats.h"
#include "reports/text.h"

static int write_parts(struct page *p, sqlite3 *db, const struct verdict *v)
{
    const int verbose = p->options->verbose;
    int r;

    r = text_verdict(p, v);
    if (verbose < 0)
        return r < 0 ? r : text_findings_brief(p, db);
    if (r == 0)
        r = text_audit(p, db, v);
    if (r == 0)
        r = text_findings(p, db);
    if (r == 0)
        r = text_injections(p, db);
    if (r == 0)
        r = text_unknown(p, db);
    if (r == 0)
        r = text_accepted(p, db);
    if (r == 0 && verbose > 0)
        r = text_passed(p, db);
    if (r == 0)
        r = text_identity(p, db);
    if (r == 0)
        r = text_random(p, db);
    if (r == 0)
        r = text_tree(p, db);
    if (r == 0 && verbose > 0)
        r = text_calls(p, db);
    if (r == 0)
        r = text_checks(p, db, v);
    if (r == 0)
        r = text_hints(p, db);
    return r;
}

int text_write(struct facts *f, const struct report_options *options, FILE *out)
{
    struct report_options own = *options;
    struct verdict v;
    struct page page;
    locale_t locale, before;
    int r, end;

    r = verdict_read(f, &v);
    if (r < 0)
        return r;
    /* Widths of characters come from the locale (wcwidth(3), also in libsmartcols). The options decide, not the
     * environment; C.UTF-8 has been a part of glibc since 2.35. */
    locale = newlocale(LC_CTYPE_MASK, own.utf8 ? "C.UTF-8" : "C", NULL);
    if (!locale && own.utf8) {
        own.utf8 = 0;
        locale = newlocale(LC_CTYPE_MASK, "C", NULL);
    }
    if (!locale)
        return -ENOMEM;
    before = uselocale(locale);
    if (own.verbose < 0) /* one line a finding, however long */
        own.width = 0;
    page_init(&page, out, &own);
    r = write_parts(&page, facts_db(f), &v);
    end = page_finish(&page);
    uselocale(before);
    freelocale(locale);
    return r < 0 ? r : end;
}
