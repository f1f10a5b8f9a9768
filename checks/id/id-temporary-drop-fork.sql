-- id-temporary-drop-fork.sql: a child was forked during a temporary drop and kept the saved privileged id
-- title: Child forked during a temporary drop keeps privilege
-- severity: critical
-- strength: observed
-- cwe: CWE-271 CWE-272
-- cert: POS37-C
-- kin: none
-- needs: cred
-- why: fork(2) copies the saved ids too. A child that is born while its parent has only lowered the effective id looks
--   unprivileged, and its own drop compares real with effective, finds them equal and does nothing; one seteuid(0) makes
--   it root. The two functions of the Secure Programming Cookbook's recipes 1.3 and 1.6 combine to exactly this.
-- accepted: A child that executes a program at once: exec overwrites the saved id with the effective one (execve(2)); a
--   child that gives the saved id up itself. One whose disposable copy was refused every call that could use the saved id.
-- fix: In the child set all three ids with setresuid and setresgid before anything else (spc_fork() reads the saved ids too),
--   or take the privilege back before the fork and drop it for good in the child.
with born as materialized (select i.look, i.process, i.ruid, i.euid, i.suid, i.egid, i.sgid,
    iif(i.suid <> i.euid, i.suid, null) as uid, iif(i.sgid <> i.egid, i.sgid, null) as gid
  from identity i join process p on p.id = i.process and p.parent is not null
  where i.moment = 'born' and i.euid <> 0 and ((i.suid <> i.euid and (i.suid = 0 or i.ruid = i.euid))
    or (i.sgid <> i.egid and (i.sgid = 0 or i.rgid = i.egid)))),
judged as (select b.process, b.uid, b.gid, b.euid as born_euid, b.suid as born_suid, r.look, r.moment, r.ruid, r.euid,
    r.suid, r.fsuid, r.rgid, r.egid, r.sgid, r.seq,
    ifnull(b.uid in (r.ruid, r.euid, r.suid, r.fsuid), 0) or ifnull(b.gid in (r.rgid, r.egid, r.sgid, r.fsgid), 0) as kept,
    (select substr(p.call, 1, 300) from main.proof p where p.process = r.process and p.outcome = 'regained'
      and cast(p.wanted as integer) = iif(p.kind = 'uid', b.uid, b.gid) and p.kind in ('uid', 'gid')
        order by p.kind desc limit 1) as back,
    ifnull(b.uid in (r.ruid, r.suid) and b.uid not in (r.euid, r.fsuid) and b.gid is null and exists (select 1 from proof_of p
      where p.rest = r.look and p.kind = 'uid' and cast(p.wanted as integer) = b.uid and p.outcome in ('refused',
        'killed')), 0) as in_vain
  from born b join resting r on r.process = b.process),
worst as (select *, kept and not (in_vain and back is null) as bad from judged)
select iif(bad, 'found', iif(kept, 'accepted', 'pass')) as result, process, look,
  iif(uid is not null, 'uid ' || uid, 'gid ' || gid) as subject,
  printf('born with effective uid %d and saved uid %d; %s its uid is %d real, %d effective, %d saved and its gid %d, %d, %d',
    born_euid, born_suid, case moment when 'exec' then 'after its exec' when 'exit' then 'at its end' else 'at rest' end,
    ruid, euid, suid, rgid, egid, sgid) || iif(back is null, '', printf('; in a copy %s gave it back', back)) as evidence,
  iif(kept and not bad, 'the saved id is left, but a copy was refused every call that could use it', null) as reason,
  iif(back is not null, 'proven', null) as strength
from (select *, row_number() over (partition by process order by bad desc, kept desc, seq) as n from worst) where n = 1
