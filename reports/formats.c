/* formats.c - the registry of report formats. */
#include "reports/formats.h"

#include <string.h>

const struct report_format report_formats[] = {
    { "text", "for a person at a terminal: verdict, findings with reason and remedy, process tree", text_write },
    { "json", "for programs: one JSON object, documented in reports/json.md", json_write },
    { "ids", "for scripts: one line \"RESULT CHECK-ID\" a result, then \"complete\" or \"incomplete\"", ids_write },
    { NULL, NULL, NULL },
};

const struct report_format *report_find(const char *name)
{
    for (const struct report_format *format = report_formats; format->name; format++)
        if (!strcmp(format->name, name))
            return format;
    return NULL;
}
