-- cap-kept.sql: capabilities are left in a process that is no longer root
-- title: Capabilities survive the change of uid
-- severity: high
-- strength: observed
-- cwe: CWE-250 CWE-271
-- cert: POS37-C
-- kin: rsyslog#5088
-- needs: cred call
-- why: With PR_SET_KEEPCAPS, or securebits that switch the fix-up off, the change of uid leaves the permitted set as it
--   was: the process is called www-data and may do what root may. rsyslog with libcap-ng had more than before that way
--   (pull request 5088). High when the set is large or holds a capability that leads to all others, such as CAP_SETUID,
--   CAP_DAC_OVERRIDE, CAP_SYS_ADMIN, CAP_SYS_PTRACE or CAP_SYS_MODULE.
-- accepted: A small set that the process chose by capset(2), or that was handed to the program as ambient set, declared by
--   whoever started it. Capabilities of a program file that it executed. Capabilities within a user namespace of its own.
--   Permitted ones that a disposable copy could not make effective, such as under a seccomp filter of its own.
-- fix: Clear the sets with capset(2) (cap_clear and cap_set_proc of libcap) after the change of uid, keep only what is
--   needed, and clear PR_SET_KEEPCAPS. Read them back.
with judged as materialized (select d.*,
    -- chown, dac_override, dac_read_search, fowner, setgid, setuid, setpcap, sys_module, sys_rawio, sys_ptrace,
    -- sys_admin, mknod, setfcap, mac_override, mac_admin, bpf
    (d.cap_prm | d.cap_eff) & 564925235663 as strong,
    exists (select 1 from id_call c where c.process = d.process and c.name = 'capset' and c.error = 0 and c.seq < d.seq)
      as chosen,
    (select group_concat(p.what) from proof_of p where p.rest = d.look and p.kind = 'cap'
      and p.outcome = 'regained') as raised,
    d.cap_eff = 0 and exists (select 1 from proof_of p where p.rest = d.look and p.kind = 'cap'
      and p.outcome in ('refused', 'killed')) and not exists (select 1 from proof_of p where p.rest = d.look
      and p.outcome in ('regained', 'hung', 'not-made')) as in_vain
  from dropped d where d.ruid <> 0 and d.suid <> 0 and d.cap_prm is not null),
verdict as (select *, case when cap_prm = 0 and cap_eff = 0 then 'pass'
    when by_exec and cap_amb & cap_prm = 0 then 'pass'
    when user_ns is not null and user_ns is not (select user_ns from home_ns) then 'accepted'
    when not strong and (chosen or cap_amb = cap_prm) then 'accepted' when in_vain then 'accepted'
    else 'found' end as result from judged)
select result, process, look,
  case when cap_prm = 0 and cap_eff = 0 then 'uid ' || euid
    when cap_prm & 255 = 255 then 'nearly all capabilities' else cap_names(cap_prm | cap_eff) end as subject,
  printf('uid %d, permitted %x, effective %x, ambient %x%s', euid, cap_prm, cap_eff, ifnull(cap_amb, 0),
    ifnull('; in a copy, capset made effective: ' || raised, '')) as evidence,
  case when result <> 'accepted' then null
    when user_ns is not (select user_ns from home_ns) then 'they count only within its own user namespace'
    when not strong and chosen then 'kept on purpose: the process reduced its capabilities to these by capset(2)'
    when not strong and cap_amb = cap_prm then 'handed to the program as ambient capabilities'
    else 'permitted, but a copy was refused to make any of them effective' end as reason,
  iif(strong or result <> 'found', 'high', 'low') as severity,
  iif(result = 'found' and raised is not null, 'proven', 'observed') as strength
from verdict
