<?php // mt_rand.php - PHP's mt_rand(), and random_bytes().
// usage: php mt_rand.php SOURCE fork RESEED TRUTH, as skeleton.h has it.
[, $source, $how, $reseed, $truth] = $argv;
$how == 'fork' or exit(64);
$drawn = [];
function draw($n) {
    global $source, $drawn;
    for (; $n; $n--)
        $drawn[] = $source == 'mt_rand' ? sprintf('%08x%08x', mt_rand(), mt_rand()) : bin2hex(random_bytes(8));
}
function fresh() { mt_srand(random_int(0, PHP_INT_MAX)); }
function write_down($role) {
    global $truth, $drawn;
    file_put_contents($truth, "$role " . implode(' ', $drawn) . "\n", FILE_APPEND);
}
function make($role) {
    global $reseed, $drawn;
    $pid = pcntl_fork();
    if ($pid < 0)
        exit(1);
    if ($pid == 0) {
        $drawn = [];
        if ($reseed == 'child' || $reseed == 'both')
            fresh();
        draw(16);
        write_down($role);
        exit(0);
    }
    if ($reseed == 'parent' || $reseed == 'both')
        fresh();
}
fresh();
draw(3);
make('child');
draw(3);
make('sibling');
draw(16);
write_down('parent');
while (pcntl_wait($status) > 0)
    if ($status)
        exit(1);
