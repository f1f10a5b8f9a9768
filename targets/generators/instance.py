# instance.py - Python's random.Random() and the functions of its module. usage: python3 instance.py SOURCE fork
# RESEED TRUTH.
import os
import random
import sys

source, how, reseed, truth = sys.argv[1:]
if how != 'fork':
    sys.exit(64)
generator = random.Random() if source == 'Random' else random
drawn = []


def draw(n):
    drawn.extend('%016x' % generator.getrandbits(64) for _ in range(n))


def write_down(role):
    with open(truth, 'ab', 0) as f:
        f.write((role + ' ' + ' '.join(drawn) + '\n').encode())


def make(role):
    if os.fork() == 0:
        drawn.clear()
        if reseed in ('child', 'both'):
            generator.seed()
        draw(16)
        write_down(role)
        os._exit(0)
    if reseed in ('parent', 'both'):
        generator.seed()


draw(3)
make('child')
draw(3)
make('sibling')
draw(16)
write_down('parent')
for _ in range(2):
    if os.wait()[1]:
        sys.exit(1)
