# SPDX-License-Identifier: GPL-2.0-only
#
# Asks device mapper itself, for scripts that make hundreds of devices: to start dmsetup
# as often takes long in a VM.

package ioctls;

use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(ask load same);

my %request = (create => 3, remove => 4, resume => 6, load => 9);
my ($header, $size, $read_only) = (312, 4096, 1);

open my $control, '+<', '/dev/mapper/control' or die "/dev/mapper/control: $!\n";

# ask REQUEST, NAME [, NUMBER OF TARGETS, DATA]: the device's minor number, or undefined,
# and why in $!
sub ask {
	my ($what, $name, $targets, $data) = (@_, 0, '');
	my $buffer = pack 'L3 L3 l L3 Q a128 x136', 4, 0, 0, $size, $header, $targets,
		0, $read_only, 0, 0, 0, $name;
	$buffer .= $data . "\0" x ($size - $header - length $data);
	ioctl $control, 0xc138fd00 | $request{$what}, $buffer or return undef;
	my $dev = unpack 'x40 Q', $buffer;
	return $dev & 0xff | $dev >> 12 & 0xfff00;
}

# load NAME, LENGTH, PARAMETERS: of a sesparse table; likewise
sub load {
	my ($name, $length, $parameters) = @_;
	return ask('load', $name, 1, pack 'Q2 l L a16 a* x', 0, $length, 0, 0,
		'sesparse', $parameters);
}

# same MINOR NUMBER, RAW: dies unless the device reads as the file
sub same {
	my ($minor, $raw) = @_;
	local $/ = \1048576;
	open my $file, '<:raw', "/dev/dm-$minor" or die "/dev/dm-$minor: $!\n";
	open my $wanted, '<:raw', $raw or die "$raw: $!\n";
	while (defined(my $part = <$wanted>)) {
		(<$file> // '') eq $part or die "/dev/dm-$minor is not $raw\n";
	}
}

1;
