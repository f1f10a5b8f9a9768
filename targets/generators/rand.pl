# rand.pl - perl's rand(). usage: perl rand.pl SOURCE fork RESEED TRUTH, as skeleton.h has it.
use strict;
my ($source, $how, $reseed, $truth) = @ARGV;
$how eq 'fork' or exit 64;
my @drawn;
sub draw { push @drawn, sprintf '%.15f', rand for 1 .. shift }
sub fresh { open my $f, '<:raw', '/dev/urandom' or exit 3; read $f, my $b, 4; srand unpack 'L', $b }
sub write_down { open my $f, '>>', $truth or exit 1; syswrite $f, "$_[0] @drawn\n"; close $f }
sub make {
    my ($role) = @_;
    my $pid = fork // exit 1;
    if ($pid == 0) {
        @drawn = ();
        fresh() if $reseed =~ /child|both/;
        draw(16);
        write_down($role);
        exit 0;
    }
    fresh() if $reseed =~ /parent|both/;
}
fresh();
draw(3);
make('child');
draw(3);
make('sibling');
draw(16);
write_down('parent');
while (wait != -1) { exit 1 if $? }
