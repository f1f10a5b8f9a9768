-- rng-siblings.sql: two processes forked from one program draw the same random bytes
-- title: Sibling processes draw the same random bytes
-- severity: critical
-- strength: proven
-- cwe: CWE-335 CWE-336
-- cert: MSC32-C
-- kin: CVE-2003-0900 CVE-2026-11625 CVE-2026-11702 openssl#12377 php-src#21351
-- needs: draw marker generator
-- why: Workers forked one after another from a parent that does not draw in between begin with one and the same state,
--   also when the parent itself reseeds. Each user of one worker then knows the secrets of the users of another.
--   OpenSSL issue 12377 passed a test that compared only parent and child; CVE-2003-0900 (Perl) and CVE-2026-11625
--   (Bytes::Random::Secure) gave siblings identical streams. With --generators the states of both are drawn from in
--   copies. The severity is that of the use, as in rng-shared; low, of an ordinary generator info, where not both drew.
-- accepted: Siblings, and processes further apart, are compared only while both run the program that they were forked
--   in. Fewer than 64 bits drawn decide nothing and are unknown. Where there are more than 4 MiB of streams, an equal
--   part of each is compared, from its beginning. A state that no sibling drew from is left to rng-shared.
-- fix: Reseed in every child, from getrandom(2), before its first draw. A reseed in the parent alone, or one from time
--   and pid, does not part the children.
with own as materialized (select s.*, row_number() over (partition by s.image, s.generator order by s.process) - 1
      as earlier from stream s join process p on p.id = s.process and p.image = s.image
    where p.parent is not null and length(s.bytes) >= 8),
short as materialized (select s.* from stream s join process p on p.id = s.process and p.image = s.image
    where p.parent is not null and length(s.bytes) < 8 and not s.seen),
-- Siblings whose states were compared, and what is said of them.
copied as materialized (select c.process, c.other, c.state, c.comparison, c.verdict, c.equal, c.n, c.kind, s.purpose,
    exists (select 1 from drawn d where d.process = c.process and d.state = c.state and d.image is p.image) as used,
    exists (select 1 from drawn d where d.process = c.other and d.state = c.state and d.image is o.image) as other_used,
    exists (select 1 from forked_state f where f.process = c.process and f.state = c.state and f.verdict = 'shared'
        and not f.handed_on) as is_said
  from compared c join main.process p on p.id = c.process join main.process o on o.id = c.other
  left join generator_state s on s.state = c.state
  where c.kind = 'sibling' or c.kind = 'now' and p.parent is not c.other),
said as materialized (select process, state, verdict = 'shared' and (used and other_used or not is_said)
    or verdict = 'unseeded' as is_final from copied
  union all select process, state, 1 from state_alias),
equal as materialized (select t.process, t.generator, t.state, count(*) as n, min(t.other) as other from twin t
  where not ifnull(t.same_pid, 0)
    and not exists (select 1 from lineage l where l.descendant = t.process and l.ancestor = t.other)
  group by t.process, t.generator),
verdict as materialized (select o.process, o.image, o.generator, o.state, o.purpose, o.seen, e.n as equal, e.other,
    o.earlier - (select count(*) from lineage l
        cross join stream a on a.process = l.ancestor and a.image = o.image and a.generator = o.generator
        cross join main.process p on p.id = a.process and p.image = a.image
      where l.descendant = o.process and length(a.bytes) >= 8 and p.parent is not null) as compared
  from own o left join equal e on e.process = o.process and e.generator = o.generator)
select iif(v.equal, 'found', 'pass') as result, v.process,
  (select id from look where process = v.process and moment = 'born') as look,
  printf('generator "%s"', v.generator) as subject,
  case when v.equal then (select printf('pid %d drew %d bytes at offset %d that pid %d drew at offset %d: %s%s%s', c.pid,
        overlap(a.bytes, b.bytes), overlap_at_a(a.bytes, b.bytes), o.pid, overlap_at_b(a.bytes, b.bytes),
        lower(hex(substr(a.bytes, 1 + overlap_at_a(a.bytes, b.bytes), min(overlap(a.bytes, b.bytes), 16)))),
        iif(overlap(a.bytes, b.bytes) > 16, '...', ''),
        iif(v.equal > 1, printf('; as do %s%d other processes', iif(v.equal > 7, 'at least ', ''), v.equal - 1), ''))
      from stream a join stream b on b.process = v.other and b.generator = a.generator and b.image = a.image
      join main.process c on c.id = a.process join main.process o on o.id = b.process
      where a.process = v.process and a.generator = v.generator and a.image = v.image)
    else printf('nothing in common with %d other processes of the same program', v.compared) end as evidence,
  null as reason, (select u.severity from use_severity u where u.purpose is v.purpose and u.used) as severity
from verdict v
where iif(v.equal, v.process || ' ' || v.state not in (select process || ' ' || state from said where is_final),
  v.compared > 0 and not v.seen and v.process || ' ' || v.state not in (select process || ' ' || state from said))
union all
select 'unknown', a.process, null, printf('generator "%s"', a.generator), printf('%d bytes drawn', length(a.bytes)),
  'fewer than 64 bits drawn', null
from short a where a.process || ' ' || a.state not in (select process || ' ' || state from said) and exists (select 1
  from stream b join process p on p.id = b.process and p.image = b.image where b.image = a.image
  and p.parent is not null and b.generator = a.generator and b.process <> a.process
  and not exists (select 1 from lineage l where l.descendant = a.process and l.ancestor = b.process)
  and not exists (select 1 from lineage l where l.descendant = b.process and l.ancestor = a.process))
union all
select 'found', c.process, (select id from look where process = c.process and moment = 'born'),
  printf('generator "%s"', c.state),
  printf('drawn in copies, pid %d and pid %d give the same: %s; %s%s%s%s', p.pid, o.pid,
    (select text from equal_values where comparison = c.comparison),
    case when c.used and c.other_used then 'both drew from it' when c.used then printf('pid %d drew from it', p.pid)
      when c.other_used then printf('pid %d drew from it', o.pid) else 'neither was seen to draw from it' end,
    iif(c.equal > 1, printf('; so do %d other processes', c.equal - 1), ''),
    iif(c.process || ' ' || c.state in (select process || ' ' || state from equal),
        '; what they really drew is equal too', ''),
    iif(c.used and c.other_used and c.purpose is 'ordinary', '; it matters if this decides anything about security', '')),
  null, (select u.severity from use_severity u where u.purpose is c.purpose and u.used = (c.used and c.other_used))
from copied c join main.process p on p.id = c.process join main.process o on o.id = c.other
where c.verdict = 'shared' and (c.used and c.other_used or not c.is_said)
union all
select iif(c.used or c.other_used, 'unknown', 'accepted'), c.process,
  (select id from look where process = c.process and moment = 'born'),
  iif(count(*) = 1, printf('generator "%s"', c.state), printf('%d generators', count(*))),
  printf('pid %d and pid %d could not be compared: %s', p.pid, o.pid, group_concat(c.state, ', ')),
  iif(c.used or c.other_used, '', 'neither was seen to draw from it; and ') || ifnull((select substr(x.reason, 1, 500)
    from main.comparison x where x.id = c.comparison), 'no reason was recorded'), null
from copied c join main.process p on p.id = c.process join main.process o on o.id = c.other
where c.verdict = 'undecided' group by c.process, c.used or c.other_used
union all
select 'pass', c.process, (select id from look where process = c.process and moment = 'born'),
  iif(count(*) = 1, printf('generator "%s"', c.state), printf('%d generators', count(*))),
  printf('drawn in copies, pid %d has nothing in common with pid %d: %s', p.pid, o.pid, group_concat(c.state, ', ')),
  null, null
from copied c join main.process p on p.id = c.process join main.process o on o.id = c.other
where c.verdict in ('diverged', 'unseeded', 'refuses', 'one-generator')
  and c.process || ' ' || c.state not in (select process || ' ' || state from equal)
group by c.process
union all
select 'unknown', null, null, subject, evidence, reason, null from uninstrumented
