-- rng-weak-divergence.sql: after a fork two processes use one state, and only a pid, a clock or a counter parts them
-- title: Only a pid, a clock or a counter parts the streams
-- severity: medium
-- strength: proven
-- cwe: CWE-335 CWE-338
-- cert: MSC32-C
-- kin: CVE-2019-1549 util-linux#3009
-- needs: generator
-- why: fork(2) copied the state, and no kernel entropy comes in before the next value. What differs is named: 'pid'
--   comes again and is public; 'clock' and 'tsc' (the processor's time stamp counter) can be guessed, and two processes
--   can read the same; 'rdrand' is the processor's generator, good by itself where it is trusted. In OpenSSL 1.1.1
--   (CVE-2019-1549) a mixed-in timer hid that the fork handler was off; libuuid's time UUIDs repeat between siblings
--   (util-linux issue 3009). Copies with pid, time and entropy held equal gave equal values. libgcrypt is so by design,
--   as stock Debian 12 has it: its nonces are parted by the pid alone, its other output by pid, clock and RDRAND. Low
--   where RDRAND comes in, or an ordinary generator is used; info where nothing but RDRAND parts them, or the process
--   was not seen to draw from it.
-- accepted: none
-- fix: Reseed in the child from getrandom(2) before its first draw (with libgcrypt: exec after the fork, or ask for
--   GCRY_VERY_STRONG_RANDOM once); take random UUIDs where time UUIDs are not needed.
with weak as (select process, parent as other, state, purpose, used, pid, parent_pid as other_pid, reason, kind,
    'its parent' as who from forked_state where verdict = 'weak'
  union all select c.process, c.other, c.state, s.purpose, exists (select 1 from drawn d where d.process = c.process
      and d.state = c.state and d.image is p.image), p.pid, o.pid, c.reason, c.kind, 'its sibling'
  from compared c join main.process p on p.id = c.process join main.process o on o.id = c.other
  left join generator_state s on s.state = c.state
  where (c.kind = 'sibling' or c.kind = 'now' and p.parent is not c.other) and c.verdict = 'weak'
    and not exists (select 1 from forked_state f where f.process = c.process and f.state = c.state
      and f.verdict in ('weak', 'shared'))),
worded as (select *, replace(replace(trim(ifnull(reason, '?')), ',', ' '), '  ', ' ') as words,
    instr(' ' || replace(ifnull(reason, ''), ',', ' ') || ' ', ' rdrand ') > 0 as has_rdrand from weak)
select 'found' as result, w.process, (select id from look where process = w.process and moment = 'born') as look,
  printf('generator "%s"', w.state) as subject,
  printf('drawn in copies, pid %d and %s pid %d have one state; what parts their streams: %s; pid %d %s',
    w.pid, w.who, w.other_pid, rtrim(iif(instr(' ' || w.words || ' ', ' pid '), 'the pid, ', '')
      || iif(instr(' ' || w.words || ' ', ' clock '),
      'the clock, ', '') || iif(instr(' ' || w.words || ' ', ' tsc '), 'the time stamp counter, ', '')
      || iif(w.has_rdrand, 'RDRAND, ', '') || iif(w.words in ('', '?'), 'not known, ', ''), ', '),
    w.pid, iif(w.used, 'drew from it', 'was not seen to draw from it')) as evidence,
  case when not w.used or w.words = 'rdrand' then 'info' when w.has_rdrand or w.purpose is 'ordinary' then 'low' end
      as severity
from worded w
union all
select 'pass', f.process, (select id from look where process = f.process and moment = 'born'),
  iif(count(*) = 1, printf('generator "%s"', f.state), printf('%d generators', count(*))),
  printf('drawn in copies, pid %d and its parent pid %d part by more than a pid or a clock: %s', f.pid, f.parent_pid,
    group_concat(f.state, ', ')), null
from forked_state f where f.verdict = 'diverged'
  and f.process || ' ' || f.state not in (select process || ' ' || state from compared
    where kind = 'sibling' and verdict = 'weak')
group by f.process
