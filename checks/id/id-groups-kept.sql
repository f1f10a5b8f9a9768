-- id-groups-kept.sql: a process gave up root but kept supplementary groups that are not the new user's
-- title: Supplementary groups kept after the uid change
-- severity: high
-- strength: observed
-- cwe: CWE-271 CWE-250
-- cert: POS36-C
-- kin: CVE-2001-0787 CVE-2002-0080 CVE-2021-41617 CVE-2022-0358 CVE-2023-6507
-- needs: cred account
-- why: setuid(2) does not touch the supplementary groups. A worker that forgets setgroups(2) runs as its user with root's or
--   the starter's groups, and may read and write what these may: CVE-2001-0787 (LPRng), CVE-2002-0080 (rsync),
--   CVE-2021-41617 (OpenSSH helpers), CVE-2022-0358 (virtiofsd).
-- accepted: Groups of the user database for the new user, its effective gid, and none at all. Groups that the process set
--   itself by a setgroups(2) that succeeded and that differ from what it had before. A set-uid program that goes back to
--   its starter has its starter's groups.
-- fix: Before setresgid and setresuid call initgroups(3) for the new user, or setgroups(0, NULL), and check the result.
with judged as materialized (select d.*, f.groups as first_groups, f.ruid as first_ruid, a.name, a.groups as account_groups,
    iif(a.groups is null, list_and(list_minus(d.groups, d.egid), f.groups),
      list_minus(d.groups, a.groups || ' ' || d.egid)) as extra,
    (select c.detail from id_call c where c.process = d.process and c.name = 'setgroups' and c.error = 0
      and c.seq < d.seq order by c.seq desc limit 1) as chosen
  from dropped d join first_identity f on f.process = d.process left join account a on a.uid = d.euid),
verdict as (select *, case when extra = '' then 'pass'
    when first_ruid <> 0 and first_ruid = euid and groups = first_groups then 'accepted'
    when chosen is not null and list_minus(extra, chosen) = '' and groups <> first_groups
      and list_and(extra, first_groups) = '' then 'accepted' else 'found' end as result from judged)
select result, process, min(look) as look,
  iif(extra = '', 'uid ' || euid, 'group ' || replace(extra, ' ', ', ')) as subject,
  printf('as uid %d%s, gid %d, it is in groups "%s"; %s', euid, ifnull(' (' || name || ')', ''), egid, groups,
    iif(account_groups is null, printf('the user is not in the user database; when it began it was in "%s"', first_groups),
      printf('the user database has "%s"', account_groups))) as evidence,
  case when result <> 'accepted' then null when first_ruid <> 0 and first_ruid = euid
    then 'they are the groups of the user who started the set-uid program'
    else 'the process chose them itself by setgroups(2)' end as reason
from verdict group by process, result, extra
