-- rng-entropy-unchecked.sql: a request for random bytes failed, and the process went on without them
-- title: Program goes on without the random bytes it asked for
-- severity: high
-- strength: proven
-- cwe: CWE-252 CWE-331 CWE-338
-- cert: MSC32-C ERR33-C
-- kin: none
-- needs: inject
-- why: getrandom(2) fails on an old kernel or under a seccomp filter, and /dev/urandom cannot be opened in a bare chroot or
--   without a free descriptor. Who does not look draws from what lay in the buffer, and who looks and takes the time instead
--   is no better off: keys and names that can be guessed. Nothing is seen of it until somebody compares. forkaudit inject
--   makes each such request fail: proven means that the program went on, and had bytes of no other source of the kernel.
--   What it uses the bytes for is not seen: medium, and high when it handed over what it drew (FORKAUDIT_DRAW).
-- accepted: Another source that is asked next, and gives (getrandom, then /dev/urandom), or that the same program has asked
--   too, as haproxy does, which mixes several. The C library's own requests that malloc and mkstemp do without are not made
--   to fail.
-- fix: Check the result, also for too few bytes; try the other source, and end the process when both fail. getentropy(3) and
--   arc4random(3) do so.
with source as materialized (select c.id, c.process, c.image, c.seq, c.error, c.injected,
    case c.name when 'getrandom' then 'getrandom(2)' else c.detail end as source
  from main.call c where c.name = 'getrandom' and not (c.a1 is 8 and c.a2 is 1)
    or c.name in ('open', 'openat', 'openat2') and c.detail in ('/dev/urandom', '/dev/random')),
-- A source of the kernel that gave too, in the same program of the process, by each place; NULL: none.
also as materialized (select t.text, iif(count(*) = count(o.source), min(o.source), null) as other
  from site_text t left join source c on c.id = t.first_call
    left join (select process, image, source from source where error = 0 and not injected group by 1, 2, 3) o
      on o.process = c.process and o.image is c.image and o.source <> c.source
  group by t.text),
trial as materialized (select o.*, a.other,
    case when o.outcome = 'failed' then 'unknown' when o.outcome <> 'carried-on' then 'pass' when a.other is null then 'found'
      else 'accepted' end as verdict,
    case when o.outcome = 'failed' then 2 when o.outcome <> 'carried-on' then 4 when a.other is null then 1 else 3 end as rank
  from site_outcome o left join also a on a.text = o.text
  where o.outcome in ('carried-on', 'ended', 'retried', 'crashed', 'failed') and (o.name = 'getrandom'
    or o.name in ('open', 'openat', 'openat2') and o.detail in ('/dev/urandom', '/dev/random'))),
-- A trial's own recording: what this process drew, asked and did after the failure.
failed as materialized (select c.id, c.process, c.seq, iif(c.source = 'getrandom(2)', 'getrandom', 'open') as name, c.error,
    min(c.seq), count(*) as n, p.status, p.ending,
    (select ifnull(sum(length(d.bytes)), 0) from main.draw d where d.process = c.process and d.seq > c.seq) as drawn
  from source c join main.process p on p.id = c.process
  where c.injected and not exists (select 1 from source o where o.process = c.process and o.error = 0
    and (o.seq > c.seq or o.image is c.image and o.source <> c.source))
  group by c.process)
select t.verdict as result, t.process, null as look, t.text as subject,
  printf('made to fail with %s: %s', group_concat(t.errors, ', '), t.said) as evidence,
  case t.verdict when 'unknown' then 'the trial could not be judged: ' || t.said
    when 'accepted' then printf('the program has random bytes of %s too', t.other) end as reason,
  iif(t.verdict = 'found' and not exists (select 1 from main.draw d where d.process = t.process), 'medium', null) as severity
from trial t where t.rank < 4 and (t.rank < 3 or not exists (select 1 from trial x where x.text = t.text and x.rank < 3))
  or t.rank = 4 and not exists (select 1 from trial x where x.text = t.text and x.rank < 4)
group by t.text, t.verdict
union all
select 'found', f.process, null, f.name,
  printf('%s failed with %s, as the audit made it%s, and no other source was asked; then the process drew %d random bytes',
    f.name, errno_name(f.error), iif(f.n > 1, ' more than once', ''), f.drawn), null, null
from failed f where f.drawn > 0
union all
select 'pass', f.process, null, f.name, printf('%s failed with %s, as the audit made it, and the process ended with an error',
  f.name, errno_name(f.error)), null, null
from failed f where f.drawn = 0 and f.ending in ('exited', 'signalled') and f.status <> 0
