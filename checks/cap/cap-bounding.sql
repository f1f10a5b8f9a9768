-- cap-bounding.sql: processes that gave up root could still gain every capability by exec
-- title: Capability bounding set is left full
-- severity: info
-- strength: observed
-- cwe: CWE-272
-- cert: none
-- kin: none
-- needs: cred
-- why: The bounding set limits what a program file or a set-uid program can give. A process that never needs privilege
--   again may empty it, so that even a mistake elsewhere on the machine gives nothing back. It is a finding (low) where
--   the process tried and failed: PR_CAPBSET_DROP needs CAP_SETPCAP, which is gone after the change of uid.
-- accepted: A full set, where nobody tried to reduce it: hardly any daemon does, so it is said once, as information. With
--   no_new_privs exec(2) gives nothing, the set does not matter, and that passes.
-- fix: prctl(PR_CAPBSET_DROP) for each capability before the change of uid, and look at the result; or PR_SET_NO_NEW_PRIVS.
with first as materialized (select i.cap_bnd from identity i where i.cap_bnd is not null order by i.seq limit 1),
last as materialized (select d.process, d.look, d.seq, d.euid, d.cap_bnd, ifnull(d.no_new_privs, 0) as sealed, max(d.seq),
    d.cap_bnd & (select cap_bnd from first) = (select cap_bnd from first) and d.cap_bnd <> 0 as is_full
  from dropped d where d.cap_bnd is not null group by d.process),
tried as materialized (select l.*, c.detail, c.error, count(*) as n from last l join call c on c.process = l.process
    and c.name = 'prctl' and c.detail like 'PR_CAPBSET_DROP %' and c.error > 0 and c.seq < l.seq
    and l.cap_bnd >> (c.a1 & 63) & 1
  where not l.sealed group by l.process)
select 'found' as result, t.process, t.look, 'uid ' || t.euid as subject,
  printf('prctl(%s) failed with %s%s, and the bounding set is still %x', t.detail, errno_name(t.error),
    iif(t.n > 1, printf(' (%d such calls)', t.n), ''), t.cap_bnd) as evidence, null as reason, 'low' as severity
from tried t
union all
select 'accepted', min(l.process), min(l.look), printf('%d %s', count(*), iif(count(*) = 1, 'process', 'processes')),
  printf('uid %s: the bounding set is %x, as at the start, and no_new_privs is not set', group_concat(distinct l.euid),
    max(l.cap_bnd)),
  'information only: hardly any daemon reduces it, and nothing is gained by it without another fault', 'info'
from last l where l.is_full and not l.sealed and l.process not in (select process from tried) having count(*) > 0
union all
select 'pass', l.process, l.look, 'uid ' || l.euid, iif(l.is_full, 'no_new_privs is set', printf('the bounding set is %x',
  l.cap_bnd)), null, 'info'
from last l where (not l.is_full or l.sealed) and l.process not in (select process from tried)
