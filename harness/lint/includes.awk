# includes.awk - checks the includes of C files against includes.table; prints the offences. Set `table` with -v.
function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }
function folder_of(path) { sub(/\/[^\/]*$/, "", path); return path }
function is_below(path, folder) { return path == folder || index(path, folder "/") == 1 }
# 1 when `path` is one of the blank-separated folders or below one.
function among(path, list,    word, n, i) {
    n = split(list, word, " ")
    for (i = 1; i <= n; i++)
        if (is_below(path, word[i]))
            return 1
    return 0
}
# Where an include without its folder is found: beside the file, or in one of the two public folders.
function resolve(name, file,    other) {
    if (name ~ /^(harness|checks|reports|targets)\//)
        return name
    if (name == "forkaudit.h")
        return "harness/include/forkaudit.h"
    if (name == "spc.h")
        return "targets/spc/spc.h"
    other = folder_of(file) "/" name
    return other
}
BEGIN {
    while ((getline line < table) > 0) {
        if (line ~ /^#/ || split(line, column, "|") != 3)
            continue
        folder[++rows] = trim(column[1])
        mine[rows] = trim(column[2])
        library[rows] = trim(column[3])
        n = split(library[rows], word, " ")
        for (i = 1; i <= n; i++)
            governed[word[i]] = 1
    }
    if (!rows)
        print table ": no row could be read"
}
FNR == 1 {
    for (row = 1; row <= rows && !is_below(FILENAME, folder[row]); row++)
        ;
    if (row > rows)
        print FILENAME ": its folder is not in the table"
    is_test = FILENAME ~ /\/tests\//
}
row > rows { next }
/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, part, "\"")
    to = resolve(part[2], FILENAME)
    if (among(to, mine[row]) || folder_of(to) == folder_of(FILENAME))
        next
    # A test may also use the frame of the suites, what it tests through, and facts made by hand.
    if (is_test && (to == "harness/testing.h" || is_below(to, "harness/facts") || is_below(to, "checks") || is_below(to, "harness/include")))
        next
    print FILENAME ":" FNR ": may not include \"" part[2] "\" (" folder[row] " may use: " mine[row] ")"
}
/^[ \t]*#[ \t]*include[ \t]*</ {
    split($0, part, /[<>]/)
    if ((part[2] in governed) && !is_test && !among(part[2], library[row]))
        print FILENAME ":" FNR ": may not include <" part[2] "> (libraries of " folder[row] ": " library[row] ")"
}
