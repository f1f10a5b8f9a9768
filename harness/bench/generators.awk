# generators.awk - a line of the table of generators.sh, from what draw_audit printed; with head=1 the line above.
function sort_values(v, n,    i, j, t) {
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && v[j] < v[j - 1]; j--) {
            t = v[j]
            v[j] = v[j - 1]
            v[j - 1] = t
        }
}
BEGIN {
    form = "%-22s %9s %8s %8s %9s %9s %6s %9s %9s\n"
    if (head) {
        printf form, "", "snapshots", "MB each", "held ms", "most ms", "store MB", "pairs", "ms a pair", "ms a child"
        exit
    }
}
$1 == "held" {
    n++
    bytes += $2
    held[n] = $3 / 1e6
}
$1 == "store" { store = $2 }
$1 == "children" { children = $2 }
$1 == "compared" { pairs = $2 }
$1 == "judged" { judged = $2 / 1e6 }
END {
    if (head)
        exit
    sort_values(held, n)
    printf form, name, n + 0, n ? sprintf("%.1f", bytes / n / 1048576) : "-", n ? sprintf("%.3f", held[int((n + 1) / 2)]) : "-",
        n ? sprintf("%.3f", held[n]) : "-", sprintf("%.1f", store / 1048576), pairs + 0,
        pairs ? sprintf("%.2f", judged / pairs) : "-", children ? sprintf("%.1f", judged / children) : "-"
}
