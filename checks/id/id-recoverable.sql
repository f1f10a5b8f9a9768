-- id-recoverable.sql: a process gave up a privileged id but can take it back
-- title: Dropped privilege can be taken back
-- severity: critical
-- strength: observed
-- cwe: CWE-271 CWE-273
-- cert: POS37-C
-- needs: cred
-- why: setresuid(2) grants any id that is still in the real, effective or saved one, and CAP_SETUID or CAP_SETGID grants all
--   of them. A process that only lowered its effective id is one call away from root for whoever takes it over. Kin:
--   CVE-2000-0172 (mtr kept its saved id), and the recipe of 2003 whose temporary and permanent drop combined leave saved
--   uid 0 behind.
-- accepted: A temporary drop that the process takes back later: the state at rest or at the end counts. A set-uid program
--   that root itself runs: its real id is its starter's. Capabilities within a user namespace of its own.
-- fix: Set all three ids at once, groups first: setgroups, setresgid(g, g, g), setresuid(u, u, u); check each result, read
--   the ids back with getresuid(2), and try to get the old one back, which must fail. spc_drop_privileges_to() does so.
with judged as materialized (
  select r.look, r.process, r.image, r.seq, r.moment, r.ruid, r.euid, r.suid, r.fsuid, r.rgid, r.egid, r.sgid, r.fsgid,
    r.cap_prm, r.cap_amb, r.user_ns, (select max(seq) from identity e where e.process = r.process) as last_seq,
    (select min(p.id) from privilege p where p.process = r.process and p.kind = 'u' and p.seq < r.seq and p.id <> r.euid
      and p.id in (r.ruid, r.suid, r.fsuid)) as uid,
    (select min(p.id) from privilege p where p.process = r.process and p.kind = 'g' and p.seq < r.seq and p.id <> r.egid
      and p.id in (r.rgid, r.sgid, r.fsgid)) as gid,
    exists (select 1 from dropped d where d.look = r.look and d.ruid <> 0 and d.suid <> 0 and r.cap_prm & 192
      and (not d.by_exec or r.cap_amb & 192)) as caps,
    exists (select 1 from dropped d where d.look = r.look and d.by_setuid_program) as by_starter,
    exists (select 1 from privilege p where p.process = r.process and p.seq < r.seq
      and p.id <> iif(p.kind = 'u', r.euid, r.egid)) as lowered,
    r.look in (select look from resting) as is_last,
    (select min(e.seq) from identity e where e.process = r.process and e.seq > r.seq and exists (select 1
      from privilege p where p.process = r.process and p.kind = 'u' and p.seq < r.seq and p.id = e.euid)) as back_seq
  from identity r where r.euid <> 0 and r.moment in ('exec', 'settled', 'marker', 'exit')),
state as (select *, uid is not null or gid is not null as by_id,
    not (caps and user_ns is not null and user_ns is not (select user_ns from home_ns)) as caps_count from judged
  where lowered),
verdict as (select *, case
    when not by_id and not caps then iif(is_last, 'pass', null)
    when not by_id and not caps_count then iif(is_last, 'accepted', null)
    when by_starter and gid is null and not caps then iif(is_last, 'accepted', null)
    when back_seq is not null then 'accepted'
    when is_last then 'found' end as result
  from state)
select v.result, v.process, min(v.look) as look,
  case when v.uid is not null then 'uid ' || v.uid when v.gid is not null then 'gid ' || v.gid
    when v.caps then cap_names(v.cap_prm & 192) else 'uid ' || v.euid end as subject,
  printf('%s: uid is %d real, %d effective, %d saved, %d fs; gid %d real, %d effective, %d saved, %d fs%s',
    iif(v.moment = 'exit', 'at its end', iif(v.moment = 'exec', 'at its exec', 'at rest')), v.ruid, v.euid, v.suid, v.fsuid,
    v.rgid, v.egid, v.sgid, v.fsgid, iif(v.cap_prm & 192, '; permitted: ' || cap_names(v.cap_prm & 192), '')) as evidence,
  case when v.result <> 'accepted' then null
    when not v.by_id then 'the capabilities count only within its own user namespace'
    when v.back_seq is not null then 'the drop is temporary: the process takes the id back later'
    else 'a set-uid program lowered it at exec; the real id is its starter''s' end as reason,
  iif(v.moment = 'exit' and v.result = 'found', 'high', 'critical') as severity,
  iif(v.moment = 'exit' and v.result = 'found', 'suspect', 'observed') as strength
from verdict v
where v.result is not null
  and not (v.result = 'accepted' and v.back_seq is not null and (
    exists (select 1 from process c where c.parent = v.process and c.seq between v.seq and v.back_seq)
    or exists (select 1 from verdict o where o.process = v.process and o.result = 'found')))
  and not (v.result = 'pass' and exists (select 1 from verdict o where o.process = v.process and o.image is v.image
    and o.result in ('found', 'accepted')))
group by v.process, v.image, v.result
