-- rng-shared.sql: after a fork, parent and child go on with the same random bytes
-- title: Parent and child draw the same random bytes
-- severity: critical
-- strength: proven
-- cwe: CWE-335 CWE-336 CWE-330
-- cert: MSC32-C
-- kin: CVE-2003-0900 CVE-2011-2686 CVE-2011-3009 CVE-2013-1900 CVE-2014-0016 CVE-2019-1549 CVE-2025-7394 botan#5635
--   systemd#14356
-- needs: draw marker generator
-- why: fork(2) copies a generator's state. If neither side reseeds, both go on with the same stream: keys, nonces and
--   session ids of one process can be read off the other. This was CVE-2003-0900 (Perl), CVE-2011-3009 (Ruby),
--   CVE-2013-1900 (PostgreSQL pgcrypto), CVE-2014-0016 (stunnel) and CVE-2025-7394 (wolfSSL). The bytes compared are
--   those that the program itself handed over or a breakpoint saw, from the first 256 KiB of each stream; and with
--   --generators those that copies of both processes drew, from the states of the child at its first draw and of the
--   newborn child. The severity is that of the use: a cryptographic generator that the child drew from is critical, one
--   for identifiers high, an ordinary one medium; one that the child did not draw from low, an ordinary one info.
-- accepted: Streams of different generators, and of different programs (an exec in between ends the copy), are not
--   compared. Fewer than 64 bits drawn on a side decide nothing and are unknown. A parent that ends, and never drew
--   again, hands its stream on; one that left it alone before it drew again makes the finding low. A generator in
--   memory that both share gives each value once. One that nobody ever seeded gives everybody the same, and no fork is
--   to blame. What could not be compared, and neither side ever drew from, is named.
-- fix: Reseed every generator from getrandom(2) in the child before its first draw, and in the parent, as spc_fork(3)
--   does; or use one that notices a fork by itself (MADV_WIPEONFORK), or getrandom(2) or arc4random(3) directly.
with judged as materialized (select * from parted_stream
    where process || ' ' || ancestor not in (select process || ' ' || other from pid_again)),
verdict as materialized (select process, generator, state, purpose, seen, min(length(own)) as own_size,
    max(length(other)) as other_size from judged group by process, generator),
-- The nearest ancestor that drew the same.
alike as materialized (select process, generator, state, ancestor, own, same, min(depth) as depth from judged
  where same >= 8 group by process, generator),
-- What was really drawn, for states that a comparison judged.
spoken as materialized (select v.process, v.generator, f.verdict in ('shared', 'unseeded') as is_final
  from verdict v join forked_state f on f.process = v.process and f.state = v.state
  union all select v.process, v.generator, 1 from verdict v join state_alias a on a.process = v.process and a.state = v.state),
drawn_alike as materialized (select distinct process, state from alike)
select case when h.depth is not null then 'found' when v.own_size < 8 or v.other_size < 8 then 'unknown'
    else 'pass' end as result,
  v.process, (select id from look where process = v.process and moment = 'born') as look,
  printf('generator "%s"', v.generator) as subject,
  case when h.depth is not null then printf('after the fork, pid %d and its %s pid %d both drew %s%s (%d equal bytes)',
      (select pid from main.process where id = h.process), iif(h.depth = 1, 'parent', 'ancestor'),
      (select pid from main.process where id = h.ancestor), lower(hex(substr(h.own, 1, 16))), iif(h.same > 16, '...', ''),
      h.same)
    else printf('%d bytes drawn here, %d by an ancestor after the fork', v.own_size, v.other_size) end as evidence,
  iif(h.depth is null and (v.own_size < 8 or v.other_size < 8), 'fewer than 64 bits drawn', null) as reason,
  (select u.severity from use_severity u where u.purpose is v.purpose and u.used) as severity
from verdict v left join alike h on h.process = v.process and h.generator = v.generator
where iif(h.depth is null,
  not v.seen and v.process || ' ' || v.generator not in (select process || ' ' || generator from spoken),
  v.process || ' ' || v.generator not in (select process || ' ' || generator from spoken where is_final))
union all
select iif(f.handed_on and not f.parent_left, 'accepted', 'found'), f.process,
  (select id from look where process = f.process and moment = 'born'), printf('generator "%s"', f.state),
  printf('drawn in copies, pid %d%s and its parent pid %d%s give the same: %s; pid %d drew from it, pid %d %s after'
    || ' the fork%s%s%s', f.pid, case f.kind when 'fork' then '' when 'newborn' then ' as it was born' else ' now' end,
    f.parent_pid, iif(f.kind = 'now', ' now', ' as it was at the fork'),
    (select text from equal_values where comparison = f.comparison), f.pid, f.parent_pid,
    iif(f.parent_drew, 'drew too', 'was not seen to draw'),
    iif(f.parent_left, '; but the parent left this stream before it drew again: the child alone goes on with it', ''),
    iif(f.process || ' ' || f.state in (select process || ' ' || state from drawn_alike),
        '; what both really drew is equal too', ''),
    iif(f.purpose is 'ordinary', '; it matters if this decides anything about security', '')),
  iif(f.handed_on and not f.parent_left, 'the parent ended and never drew from it again: the child alone goes on with the'
    || ' stream', null),
  case when f.parent_left then iif(f.purpose is 'ordinary', 'info', 'low')
    else (select u.severity from use_severity u where u.purpose is f.purpose and u.used) end
from forked_state f where f.story = 'shared' and f.used
union all
-- Those that the child did not draw from make one row of each severity.
select iif(f.is_over, 'accepted', 'found'), f.process,
  (select id from look where process = f.process and moment = 'born'),
  iif(count(*) = 1, printf('generator "%s"', f.state), printf('%d generators', count(*))),
  printf('drawn in copies, pid %d and its parent pid %d%s give the same, but pid %d was not seen to draw: %s',
    f.pid, f.parent_pid, iif(f.kind = 'now', ', both now,', ' as it was at the fork'), f.pid,
    group_concat(f.state || ' gives ' || (select text from equal_values where comparison = f.comparison), ', ')),
  iif(f.is_over, 'the parent ended and never drew from it again', null), f.severity
from (select *, handed_on and not parent_left as is_over, (select u.severity from use_severity u
    where u.purpose is s.purpose and not u.used) as severity from forked_state s where story = 'shared' and not used
  order by process, state) f
group by f.process, f.is_over, f.severity
union all
select 'accepted', f.process, (select id from look where process = f.process and moment = 'born'),
  printf('generator "%s"', f.state), printf('pid %d and its parent pid %d draw from one state', f.pid, f.parent_pid),
  'its state is in memory that both share: each value is given once', null
from forked_state f where f.verdict = 'one-generator'
union all
select iif(f.used or f.parent_used, 'unknown', 'accepted'), f.process,
  (select id from look where process = f.process and moment = 'born'),
  iif(count(*) = 1, printf('generator "%s"', f.state), printf('%d generators', count(*))),
  printf('pid %d and its parent pid %d could not be compared: %s', f.pid, f.parent_pid, group_concat(f.state, ', ')),
  iif(f.used or f.parent_used, '', 'neither was seen to draw from it; and ') || ifnull(substr(f.reason, 1, 500),
    'no reason was recorded'), null
from forked_state f where f.verdict = 'undecided' group by f.process, f.reason, f.used or f.parent_used
union all
select 'pass', f.process, (select id from look where process = f.process and moment = 'born'),
  iif(count(*) = 1, printf('generator "%s"', f.state), printf('%d generators', count(*))),
  printf('drawn in copies, pid %d and its parent pid %d part: %s', f.pid, f.parent_pid, group_concat(f.state || ' ('
    || case f.verdict when 'unseeded' then 'nobody ever seeded it'
      when 'refuses' then 'it refuses: ' || ifnull(substr(f.reason, 1, 200), '?')
      else case when f.kind = 'now' then 'nothing in common now'
        when f.reason is 'reseed' then 'it reseeds from the kernel' else 'another state' end end || ')', ', ')), null, null
from (select * from forked_state order by process, state) f
where f.verdict = 'unseeded' or f.verdict in ('diverged', 'refuses')
  and f.process || ' ' || f.state not in (select process || ' ' || state from drawn_alike)
group by f.process
union all
select 'unknown', null, null, subject, evidence, reason, null from uninstrumented
