-- rng-siblings.sql: two processes forked from one program draw the same random bytes
-- title: Sibling processes draw the same random bytes
-- severity: critical
-- strength: proven
-- cwe: CWE-335 CWE-336
-- cert: MSC32-C
-- kin: CVE-2003-0900 CVE-2026-11625 CVE-2026-11702 openssl#12377
-- needs: draw marker
-- why: Workers forked one after another from a parent that does not draw in between begin with one and the same state,
--   also when the parent itself reseeds. Each user of one worker then knows the secrets of the users of another. OpenSSL
--   issue 12377 passed a test that compared only parent and child; CVE-2003-0900 (Perl) and CVE-2026-11625
--   (Bytes::Random::Secure) gave siblings identical streams.
-- accepted: Siblings, and processes further apart, are compared only while both run the program that they were forked in.
--   Fewer than 64 bits drawn decide nothing and are unknown.
-- fix: Reseed in every child, from getrandom(2), before its first draw. A reseed in the parent alone, or one from time and
--   pid, does not part the children.
with own as materialized (select s.* from stream s join process p on p.id = s.process and p.image = s.image
    where p.parent is not null),
pair as materialized (select a.process, a.generator, b.process as other, overlap(a.bytes, b.bytes) as size
  from own a join own b on b.image = a.image and b.generator = a.generator and b.process < a.process
  where length(a.bytes) >= 8 and length(b.bytes) >= 8
    and not exists (select 1 from lineage l where l.descendant = a.process and l.ancestor = b.process)),
verdict as (select process, generator, count(*) as compared, sum(size >= 8) as equal,
    min(iif(size >= 8, other, null)) as other from pair group by process, generator)
select iif(v.equal, 'found', 'pass') as result, v.process,
  (select id from look where process = v.process and moment = 'born') as look,
  printf('generator "%s"', v.generator) as subject,
  case when v.equal then (select printf('pid %d drew %d bytes at offset %d that pid %d drew at offset %d: %s%s%s', c.pid,
        overlap(a.bytes, b.bytes), overlap_at_a(a.bytes, b.bytes), o.pid, overlap_at_b(a.bytes, b.bytes),
        lower(hex(substr(a.bytes, 1 + overlap_at_a(a.bytes, b.bytes), min(overlap(a.bytes, b.bytes), 16)))),
        iif(overlap(a.bytes, b.bytes) > 16, '...', ''),
        iif(v.equal > 1, printf('; as do %d other processes', v.equal - 1), ''))
      from own a join own b join process c on c.id = a.process join process o on o.id = b.process
      where a.process = v.process and a.generator = v.generator and b.process = v.other and b.generator = a.generator
        and b.image = a.image)
    else printf('nothing in common with %d other processes of the same program', v.compared) end as evidence,
  null as reason
from verdict v
union all
select 'unknown', a.process, null, printf('generator "%s"', a.generator), printf('%d bytes drawn', length(a.bytes)),
  'fewer than 64 bits drawn'
from own a where length(a.bytes) < 8 and exists (select 1 from own b where b.image = a.image
  and b.generator = a.generator and b.process <> a.process
  and not exists (select 1 from lineage l where l.descendant = a.process and l.ancestor = b.process)
  and not exists (select 1 from lineage l where l.descendant = b.process and l.ancestor = a.process))
union all
select 'unknown', null, null, subject, evidence, reason from uninstrumented
