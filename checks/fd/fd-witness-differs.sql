-- fd-witness-differs.sql: what a process says of itself is not what was seen of it from outside
-- title: Process and auditor see different things
-- severity: high
-- strength: proven
-- cwe: none
-- cert: none
-- kin: none
-- needs: marker fd cred
-- why: The audit rests on what is read from outside. A FORKAUDIT_SELF marker makes the program list its own descriptors,
--   ids and groups at the same moment; the two must agree, or either the program is misled about itself (a wrapper that
--   hides descriptors, another root directory) or this tool is, and then no other verdict about it can be relied on.
-- accepted: Ids of a process in another user namespace are numbered differently there and are not compared.
-- fix: Look which side is right with ls -l /proc/PID/fd and grep -E 'Uid|Gid|Groups' /proc/PID/status. If the tool
--   is wrong, that is a defect of it: report it with the recording.
with pair as materialized (select m.id as marker, m.process, m.name, l.id as look, l.fd_table, w.ruid, w.euid, w.suid,
    w.rgid, w.egid, w.sgid, w.groups, i.ruid as o_ruid, i.euid as o_euid, i.suid as o_suid, i.rgid as o_rgid,
    i.egid as o_egid, i.sgid as o_sgid, i.groups as o_groups,
    i.user_ns is null or i.user_ns is (select user_ns from home_ns) as same_ns,
    (select count(*) from witness_fd f where f.marker = m.id) as listed
  from marker m join witness w on w.marker = m.id left join look l on l.marker = m.id and l.process = m.process
  left join identity i on i.look = l.id where m.kind = 'self'),
difference as materialized (
  select p.marker, printf('descriptor %d is seen only by the process itself', f.fd) as text, f.fd as place
  from pair p join witness_fd f on f.marker = p.marker
  where p.fd_table is not null and not exists (select 1 from fd o where o.fd_table = p.fd_table and o.fd = f.fd)
  union all
  select p.marker, printf('descriptor %d is seen only from outside', f.fd), f.fd
  from pair p join fd f on f.fd_table = p.fd_table
  where p.listed between 1 and 1023 and not exists (select 1 from witness_fd o where o.marker = p.marker and o.fd = f.fd)
  union all
  select p.marker, printf('descriptor %d is%s close-on-exec to the process itself', f.fd, iif(f.cloexec, '', ' not')), f.fd
  from pair p join witness_fd f on f.marker = p.marker join fd o on o.fd_table = p.fd_table and o.fd = f.fd
  where (f.cloexec <> 0) <> (o.cloexec <> 0)
  union all
  select marker, printf('uids are %d %d %d to itself and %d %d %d from outside', ruid, euid, suid, o_ruid, o_euid, o_suid), -3
  from pair where same_ns and (ruid <> o_ruid or euid <> o_euid or suid <> o_suid)
  union all
  select marker, printf('gids are %d %d %d to itself and %d %d %d from outside', rgid, egid, sgid, o_rgid, o_egid, o_sgid), -2
  from pair where same_ns and (rgid <> o_rgid or egid <> o_egid or sgid <> o_sgid)
  union all
  select marker, printf('groups are "%s" to itself and "%s" from outside', groups, o_groups), -1
  from pair where same_ns and groups <> o_groups),
text as (select marker, group_concat(text, '; ') as text from (select * from difference order by marker, place)
  group by marker)
select case when t.text is not null then 'found' when p.fd_table is null or p.o_ruid is null or (p.listed = 0
    and exists (select 1 from fd f where f.fd_table = p.fd_table)) then 'unknown' else 'pass' end as result,
  p.process, p.look, printf('marker "%s"', ifnull(p.name, '')) as subject,
  ifnull(t.text, printf('%d descriptors listed by the process itself', p.listed)) as evidence,
  case when t.text is not null then null when p.fd_table is null or p.o_ruid is null
    then 'the process was not looked at from outside at this marker'
    when p.listed = 0 then 'the process listed no descriptor of its own' end as reason
from pair p left join text t on t.marker = p.marker
