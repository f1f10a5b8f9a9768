-- cap-inheritable.sql: inheritable capabilities are left in a process that gave up root, or handed to a program
-- title: Inheritable capabilities are handed on
-- severity: low
-- strength: observed
-- cwe: CWE-276 CWE-732
-- cert: none
-- kin: CVE-2022-24769 CVE-2022-27649 CVE-2022-27650 CVE-2022-27651 CVE-2022-29162
-- needs: cred
-- why: A capability in the inheritable set becomes permitted when a program is executed whose file has it as inheritable
--   too. No ordinary process has such a set, and whoever put it there did not mean this one. All container engines once
--   started their containers with it: CVE-2022-24769 (Moby) and its kin.
-- accepted: What the starter of the audited program handed in. What is in the ambient set too: that is how capabilities are
--   given to a program on purpose, and the kernel demands the inheritable bit for it. A user namespace of its own.
-- fix: Clear the inheritable set (cap_clear_flag(caps, CAP_INHERITABLE) of libcap, or capset(2)) with the drop, or
--   before exec.
with starter as materialized (select i.cap_inh from identity i join process p on p.id = i.process and p.parent is null
  order by i.seq limit 1),
judged as materialized (select r.process, r.look, r.image, r.seq, r.euid, r.cap_inh, ifnull(r.cap_amb, 0) as amb, i.path,
    r.user_ns is not null and r.user_ns is not (select user_ns from home_ns) as own_ns,
    r.cap_inh & ~ifnull((select cap_inh from starter), 0) as extra,
    exists (select 1 from dropped d where d.look = r.look) as dropped
  from resting r join process p on p.id = r.process left join image i on i.id = r.image
  where r.euid <> 0 and r.cap_inh is not null and (exists (select 1 from dropped d where d.look = r.look)
    or (r.cap_inh <> 0 and p.parent is not null and exists (select 1 from image n where n.process = r.process)))),
verdict as (select *, case when cap_inh = 0 then 'pass' when own_ns or not extra or not extra & ~amb then 'accepted'
    else 'found' end as result from judged)
select result, process, look, iif(cap_inh & 255 = 255, 'nearly all capabilities', iif(cap_inh, cap_names(cap_inh),
  'uid ' || euid))
    as subject,
  printf('uid %d, %s: inheritable %x, ambient %x%s', euid, ifnull(path, 'a program'), cap_inh, amb,
    iif(count(distinct process) > 1, printf(' (%d processes)', count(distinct process)), '')) as evidence,
  case when result <> 'accepted' then null when own_ns then 'they count only within its own user namespace'
    when not extra then 'the audited program was started with them'
    else 'they are its ambient capabilities, which were given on purpose' end as reason
from (select *, row_number() over (partition by result, cap_inh, iif(result = 'pass', process, 0) order by seq) as n
  from verdict)
group by result, cap_inh, iif(result = 'pass', process, 0) having min(n)
