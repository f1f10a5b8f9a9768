-- id-recoverable.sql: a process gave up a privileged id but can take it back
-- title: Dropped privilege can be taken back
-- severity: critical
-- strength: observed
-- cwe: CWE-271 CWE-273
-- cert: POS37-C
-- kin: CVE-2000-0172 CVE-2000-0506 go-daemon#6 maiko#401
-- needs: cred
-- why: setresuid(2) grants any id that is still in the real, effective or saved one, and CAP_SETUID or CAP_SETGID grants all
--   of them. A process that only lowered its effective id is one call away from root for whoever takes it over. Kin:
--   CVE-2000-0172 (mtr kept its saved id), and the recipe of 2003 whose temporary and permanent drop combined leave saved
--   uid 0 behind. Where a disposable copy of the process could be made, every such call was tried in it: proven means that
--   the copy had the privilege again.
-- accepted: A temporary drop that the process takes back later: the state at rest or at the end counts. A set-uid program
--   that root itself runs: its real id is its starter's. What counts only within a user namespace of its own, or comes from
--   the file of a program that was executed. An id that is left, but that a copy could not take back, such as under a
--   seccomp filter of its own.
-- fix: Set all three ids at once, groups first: setgroups, setresgid(g, g, g), setresuid(u, u, u); check each result, read
--   the ids back with getresuid(2), and try to get the old one back, which must fail. spc_drop_privileges_to() does so.
with priv as (select process, kind, id, seq from first_privilege),
last_back as materialized (select e.process, max(e.seq) as seq from identity e join priv p on p.process = e.process
  and p.kind = 'u' and p.id = e.euid group by e.process),
down as materialized (select look, ruid, suid, cap_amb, by_exec, by_setuid_program from dropped),
-- Born of a process that gave up root but not CAP_SETUID or CAP_SETGID.
heirs as materialized (select b.id as process, b.image from process b
  join identity i on i.process = b.id and i.moment = 'born' and i.cap_prm & 192 and i.suid = i.euid and i.sgid = i.egid
    and i.euid <> 0
  where exists (select 1 from lineage a join identity o on o.process = a.ancestor and o.euid = 0 and o.seq < b.seq
    where a.descendant = b.id)),
judged as materialized (
  select r.look, r.process, r.image, r.seq, r.moment, r.ruid, r.euid, r.suid, r.fsuid, r.rgid, r.egid, r.sgid, r.fsgid,
    r.cap_prm, r.cap_amb, r.seccomp,
    (select min(p.id) from priv p where p.process = r.process and p.kind = 'u' and p.seq < r.seq and p.id <> r.euid
      and p.id in (r.ruid, r.suid, r.fsuid)) as uid,
    (select min(p.id) from priv p where p.process = r.process and p.kind = 'g' and p.seq < r.seq and p.id <> r.egid
      and p.id in (r.rgid, r.sgid, r.fsgid)) as gid,
    ifnull(d.ruid <> 0 and d.suid <> 0 and r.cap_prm & 192 and (not d.by_exec or r.cap_amb & 192), 0) as caps,
    ifnull(d.by_setuid_program, 0) as by_starter, ifnull(d.by_exec and ifnull(r.cap_amb & 192, 0) = 0, 0) as by_file,
    r.user_ns is not null and r.user_ns is not (select user_ns from home_ns) as own_ns,
    exists (select 1 from priv p where p.process = r.process and p.seq < r.seq
      and p.id <> iif(p.kind = 'u', r.euid, r.egid)) as lowered,
    exists (select 1 from heirs h where h.process = r.process and h.image is r.image) as heir,
    r.look in (select look from resting) as is_last,
    r.moment = 'exit' and exists (select 1 from identity q where q.process = r.process and q.image is r.image
      and q.seq < r.seq
      and q.moment in ('settled', 'marker') and (q.ruid, q.euid, q.suid, q.fsuid, q.rgid, q.egid, q.sgid, q.fsgid)
      = (r.ruid, r.euid, r.suid, r.fsuid, r.rgid, r.egid, r.sgid, r.fsgid) and q.cap_prm is r.cap_prm) as rested,
    iif(r.seq < (select b.seq from last_back b where b.process = r.process), (select min(e.seq) from identity e
      where e.process = r.process and e.seq > r.seq and exists (select 1 from priv p where p.process = r.process
        and p.kind = 'u' and p.seq < r.seq and p.id = e.euid)), null) as back_seq
  from identity r left join down d on d.look = r.look
  where r.euid <> 0 and r.moment in ('exec', 'settled', 'marker', 'exit')),
-- What the copies tried. gains: privilege that the process had, and had given up, was there again.
tried as materialized (select j.look, t.kind, t.wanted, t.what, t.outcome, t.call, t.detail, t.calls, t.outcome = 'regained'
    and case when t.kind in ('uid', 'uid-map') then t.wanted <> j.euid and (j.heir and t.wanted = 0 or exists (select 1
        from priv p where p.process = j.process and p.kind = 'u' and p.id = t.wanted and p.seq < j.seq))
      when t.kind = 'gid' then t.wanted <> j.egid and (j.heir and t.wanted = 0 or exists (select 1
        from priv p where p.process = j.process and p.kind = 'g' and p.id = t.wanted and p.seq < j.seq))
      when t.kind = 'groups' then 1
      when t.kind = 'cap' then j.cap_prm & 192 and (instr(',' || t.names || ',', ',cap_setuid,')
        or instr(',' || t.names || ',', ',cap_setgid,')) else 0 end as gains
  from judged j join (select *, wanted as names, iif(kind in ('uid', 'gid', 'uid-map'), cast(wanted as integer), wanted)
    as wanted from proof_of) t on t.rest = j.look where j.lowered or j.heir),
proof as materialized (select look, max(ifnull(gains, 0)) as gains, max(outcome = 'hung') as hung, max(outcome = 'killed')
    as killed, sum(iif(outcome in ('refused', 'killed'), calls, 0)) as calls, max(outcome = 'not-made') as not_made,
    group_concat(iif(outcome in ('refused', 'killed'), kind || ' ' || wanted, null), ';') as refused,
    group_concat(iif(gains, printf('%s gave %s back', ifnull(nullif(call, ''), 'a call'), what), null), '; ') as gained,
    min(iif(outcome in ('hung', 'not-made'), ifnull(nullif(detail, ''), 'for a reason that was not recorded'), null)) as why
  from tried group by look),
state as (select j.*, j.uid is not null or j.gid is not null as by_id, ifnull(p.gains, 0) as gains,
    ifnull(p.hung, 0) as hung, p.killed, ifnull(p.calls, 0) as calls, p.gained, p.why,
    -- Each id that is left was tried in vain, and none of them is the one that files are opened with.
    p.look is not null and not (p.gains or p.hung or p.not_made)
      and (j.uid is null or (j.uid <> j.fsuid and instr(';' || p.refused || ';', ';uid ' || j.uid || ';')))
      and (j.gid is null or (j.gid <> j.fsgid and instr(';' || p.refused || ';', ';gid ' || j.gid || ';')))
      and (not j.caps or instr(p.refused, 'cap_set') or instr(p.refused, 'id 0')) as in_vain,
    p.refused is not null as refused
  from judged j left join proof p on p.look = j.look where j.lowered or (j.heir and p.gains)),
verdict as (select *, case
    when not lowered then iif(is_last and not own_ns, 'found', null)
    when not by_id and not caps and not gains then iif(not is_last, null, iif(hung, 'unknown', 'pass'))
    when not by_id and own_ns then iif(is_last, 'accepted', null)
    when by_starter and gid is null and not caps then iif(is_last, 'accepted', null)
    when back_seq is not null then 'accepted'
    when not is_last then null
    when not by_id and not caps and by_file then 'accepted'
    when in_vain then 'accepted'
    else 'found' end as result
  from state)
select v.result, v.process, min(v.look) as look,
  case when v.uid is not null then 'uid ' || v.uid when v.gid is not null then 'gid ' || v.gid
    when v.caps then cap_names(v.cap_prm & 192)
    when v.gains then (select t.what from tried t where t.look = v.look and t.gains
      order by t.kind = 'uid' desc, t.kind = 'gid' desc limit 1)
    else 'uid ' || v.euid end as subject,
  printf('%s: uid is %d real, %d effective, %d saved, %d fs; gid %d real, %d effective, %d saved, %d fs%s; %s',
    iif(v.moment = 'exit', 'at its end', iif(v.moment = 'exec', 'at its exec', 'at rest')), v.ruid, v.euid, v.suid, v.fsuid,
    v.rgid, v.egid, v.sgid, v.fsgid, iif(v.cap_prm & 192, '; permitted: ' || cap_names(v.cap_prm & 192), ''),
    case when v.gains then 'in a copy made ' || iif(v.moment = 'exec', 'then, ', 'at rest, ') || v.gained
      when v.hung then 'a copy tried to take it back: ' || v.why
      when v.refused then printf('in a copy, %d calls to take privilege back were tried, and all were refused%s', v.calls,
        ifnull('; not tried: ' || v.why, ''))
      when v.why is not null then 'nothing was tried: ' || v.why
      else 'nothing was tried: ' || ifnull((select substr(g.detail, 1, 300) from gap g where g.source = 'proof'
        and (g.process is null or g.process = v.process) order by g.id limit 1), 'no copy was made') end) as evidence,
  case when v.result = 'unknown' then 'a copy that tried to take the privilege back did not come to an end'
    when v.result <> 'accepted' then null
    when not v.by_id and v.own_ns then iif(v.caps, 'the capabilities count only within its own user namespace',
      'it counts only within its own user namespace')
    when v.by_starter and v.gid is null and not v.caps
      then 'a set-uid program lowered it at exec; the real id is its starter''s'
    when v.back_seq is not null then 'the drop is temporary: the process takes the id back later'
    when not v.by_id and not v.caps and v.by_file then 'by the capabilities that the file of the executed program gives'
    else 'it is left, but a copy could not use it: every call was refused' || iif(v.killed or v.seccomp,
      ' under the process''s own seccomp filter', '') end as reason,
  iif(v.moment = 'exit' and v.result = 'found' and not v.gains and not v.rested, 'high', 'critical') as severity,
  case when v.gains or (v.result in ('pass', 'accepted') and v.refused and not v.hung) then 'proven'
    when v.moment = 'exit' and v.result = 'found' and not v.rested then 'suspect' else 'observed' end as strength
from verdict v
where v.result is not null
  and not (v.result = 'accepted' and v.back_seq is not null and (
    exists (select 1 from process c where c.parent = v.process and c.seq between v.seq and v.back_seq)
    or exists (select 1 from verdict o where o.process = v.process and o.result = 'found')))
  and not (v.result = 'pass' and exists (select 1 from verdict o where o.process = v.process and o.image is v.image
    and o.result in ('found', 'accepted')))
group by v.process, v.image, v.result
