-- rng-entropy-unchecked.sql: a request for random bytes failed, and the process went on without them
-- title: Failed request for random bytes is ignored
-- severity: high
-- strength: proven
-- cwe: CWE-252 CWE-331 CWE-338
-- cert: MSC32-C ERR33-C
-- kin: none
-- needs: inject
-- why: getrandom(2) fails on an old kernel or under a seccomp filter, and /dev/urandom cannot be opened in a bare chroot or
--   without a free descriptor. Who does not look draws from what lay in the buffer, or from the time: keys and names that can
--   be guessed. Nothing is seen of it until somebody compares. forkaudit inject makes each such request fail: proven
--   means that the program went on, and asked no other source of the kernel.
-- accepted: Another source that is asked next, and gives (getrandom, then /dev/urandom). The C library's own requests that
--   malloc and mkstemp do without are not made to fail.
-- fix: Check the result, also for too few bytes; try the other source, and end the process when both fail. getentropy(3) and
--   arc4random(3) do so.
with trial as materialized (select * from site_outcome
  where outcome in ('carried-on', 'ended', 'retried', 'crashed', 'failed')
    and (name = 'getrandom' or (name in ('open', 'openat', 'openat2') and detail in ('/dev/urandom', '/dev/random')))),
-- A trial's own recording: what this process drew, asked and did after the failure.
failed as materialized (select c.id, c.process, c.seq, c.name, c.error, min(c.seq), count(*) as n, p.status, p.ending,
    (select ifnull(sum(length(d.bytes)), 0) from main.draw d where d.process = c.process and d.seq > c.seq) as drawn
  from main.call c join main.process p on p.id = c.process
  where c.injected and (c.name = 'getrandom' or (c.name in ('open', 'openat', 'openat2')
    and c.detail in ('/dev/urandom', '/dev/random')))
    and not exists (select 1 from main.call o where o.process = c.process and o.seq > c.seq and o.error = 0 and
      (o.name = 'getrandom' and not (o.a1 is 8 and o.a2 is 1) or (o.name in ('open', 'openat', 'openat2')
        and o.detail in ('/dev/urandom', '/dev/random'))))
  group by c.process)
select case o.outcome when 'carried-on' then 'found' when 'failed' then 'unknown' else 'pass' end as result, o.process,
  null as look, o.text as subject, printf('made to fail with %s: %s', group_concat(o.errors, ', '), o.said) as evidence,
  iif(o.outcome = 'failed', 'the trial could not be judged: ' || o.said, null) as reason
from trial o where o.outcome in ('carried-on', 'failed') or not exists (select 1 from trial x where x.text = o.text
  and x.outcome in ('carried-on', 'failed'))
group by o.text, case o.outcome when 'carried-on' then 1 when 'failed' then 2 else 3 end
union all
select 'found', f.process, null, f.name,
  printf('%s failed with %s, as the audit made it%s, and no other source was asked; then the process drew %d random bytes',
    f.name, errno_name(f.error), iif(f.n > 1, ' more than once', ''), f.drawn), null
from failed f where f.drawn > 0
union all
select 'pass', f.process, null, f.name, printf('%s failed with %s, as the audit made it, and the process ended with an error',
  f.name, errno_name(f.error)), null
from failed f where f.drawn = 0 and f.ending in ('exited', 'signalled') and f.status <> 0
