# table.awk - turns "MEASURE ROUND WAY VALUE" lines into a table of ratios to bare: median [smallest..largest] of the rounds.
function sort_values(v, n,    i, j, t) {
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && v[j] < v[j - 1]; j--) {
            t = v[j]
            v[j] = v[j - 1]
            v[j - 1] = t
        }
}
function median(v, n) { return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2 }
function ratios(measure, way,    round, n, v) {
    for (round = 1; round <= rounds; round++)
        if (((measure, round, way) in value) && value[measure, round, "bare"] > 0)
            v[++n] = value[measure, round, way] / value[measure, round, "bare"]
    if (!n)
        return "-"
    sort_values(v, n)
    return sprintf("%.3f [%.3f..%.3f]", median(v, n), v[1], v[n])
}
function bare(measure,    round, n, v) {
    for (round = 1; round <= rounds; round++)
        if ((measure, round, "bare") in value)
            v[++n] = value[measure, round, "bare"]
    if (!n)
        return "-"
    sort_values(v, n)
    return sprintf("%.1f", median(v, n))
}
{
    value[$1, $2, $3] = $4
    if ($2 > rounds)
        rounds = $2
}
END {
    n = split("requests cpu fork_loop exec_loop", measure, " ")
    title["requests"] = "nginx: requests a second"
    title["cpu"] = "nginx: processor us a request"
    title["fork_loop"] = "forks a second"
    title["exec_loop"] = "forks and execs a second"
    form = "%-30s %10s  %-22s %-22s %-22s\n"
    printf form, "", "bare", "audited / bare", "strace / bare", "valgrind / bare"
    for (i = 1; i <= n; i++)
        printf form, title[measure[i]], bare(measure[i]), ratios(measure[i], "audited"), ratios(measure[i], "strace"),
            ratios(measure[i], "valgrind")
    n = split("1 10 100", size, " ")
    if (("held_1", 1, "proof") in value)
        printf "%-30s %10s  %-22s\n", "a process stands still for", "marker us", "marker with proof / without"
    for (i = 1; i <= n; i++)
        if (("held_" size[i], 1, "proof") in value)
            printf "%-30s %10s  %-22s\n", "  that has " size[i] " MB", bare("held_" size[i]), ratios("held_" size[i], "proof")
    printf "median of %d rounds [smallest..largest]; for processor time and standing still less is better, else more\n", rounds
}
