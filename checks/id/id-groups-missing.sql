-- id-groups-missing.sql: a process gave up root and has some, but not all, of its new user's groups
-- title: Supplementary groups of the new user are missing
-- severity: low
-- strength: suspect
-- cwe: CWE-842
-- cert: none
-- kin: CVE-2022-36109 CVE-2023-25173 rsyslog#296
-- needs: cred account
-- why: Over-dropping is a fault too: files that the user may read are refused, and where a group is used to deny access, the
--   process may do more than its user (CVE-2022-36109 in Moby, CVE-2023-25173 in containerd). rsyslog's drop left its user's
--   own groups out (issue 296). A list that was cut, because the array for getgrouplist(3) was too short, looks the same.
-- accepted: No group at all, or none but its own gid: setgroups(2) was called to have it so. A gid that was configured
--   instead of the user's own one.
-- fix: initgroups(3) with the user's name before setresgid and setresuid, or getgrouplist(3) called again with the size that
--   it asks for.
with judged as materialized (select d.process, d.look, d.euid, d.egid, d.groups, max(d.seq), a.name, a.groups as of_user,
    list_minus(a.groups, d.groups || ' ' || d.egid || ' ' || ifnull(a.gid, d.egid)) as missing,
    list_and(list_minus(d.groups, d.egid), list_minus(a.groups, ifnull(a.gid, d.egid))) as present,
    list_minus(d.groups, d.egid) as others
  from dropped d join account a on a.uid = d.euid and a.groups is not null group by d.process)
select case when missing = '' then 'pass' when present <> '' then 'found' else 'accepted' end as result, process, look,
  iif(missing = '', 'uid ' || euid, 'group ' || replace(missing, ' ', ', ')) as subject,
  printf('as uid %d%s, gid %d, it is in groups "%s"; the user database has "%s"', euid, ifnull(' (' || name || ')', ''), egid,
    groups, of_user) as evidence,
  iif(missing <> '' and present = '', 'it has none of its user''s groups: a choice, which takes rights away only',
    null) as reason
from judged where missing = '' or present <> '' or others = ''
