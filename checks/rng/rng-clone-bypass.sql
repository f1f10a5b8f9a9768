-- rng-clone-bypass.sql: a child was made in a way that ran no fork handlers, and its generator was parted by nothing else
-- title: Fork handlers were bypassed, and a stream is shared
-- severity: critical
-- strength: proven
-- cwe: CWE-335 CWE-336
-- cert: MSC32-C
-- kin: CVE-2019-1549 s2n#3107
-- needs: generator
-- why: Handlers of pthread_atfork(3) belong to fork(3) of the C library. _Fork(3), clone(2), clone3(2) and the raw
--   system call run none, nor does a handler that was never switched on (CVE-2019-1549, OpenSSL 1.1.1), so a generator
--   that relies on one goes on in the child with its parent's state: GnuTLS does. s2n issue 3107 tells of the same.
--   Copies of both processes drew equal values from a generator that is known to rely on handlers, or that other
--   children of the same parent left without a seeding call. The severity is that of the use, as in rng-shared, which
--   does not report it again.
-- accepted: none
-- fix: Fork with fork(3) where libraries keep generators, or reseed them in the child before its first draw; in a
--   library let the kernel tell of the copy: MADV_WIPEONFORK, or a check of the pid besides the handler.
select 'found' as result, f.process, (select id from look where process = f.process and moment = 'born') as look,
  printf('generator "%s"', f.state) as subject,
  printf('born by %s%s, pid %d and its parent pid %d as it was at the fork give the same, drawn in copies: %s; %s;'
    || ' pid %d %s%s', f.born, iif(f.clone_flags is null, '', printf(' (flags 0x%x)', f.clone_flags)), f.pid, f.parent_pid,
    (select text from equal_values where comparison = f.comparison),
    iif(f.guard is 'pthread_atfork', 'only a pthread_atfork handler parts it',
      printf('pid %d, born by another call of the same parent, left the stream without a seeding call',
        (select pid from main.process where id = f.handled))),
    f.pid, iif(f.used, 'drew from it', 'was not seen to draw from it'),
    iif(f.used and f.purpose is 'ordinary', '; it matters if this decides anything about security', '')) as evidence,
  null as reason, (select u.severity from use_severity u where u.purpose is f.purpose and u.used = f.used) as severity
from forked_state f where f.story = 'bypass'
union all
select 'pass', f.process, (select id from look where process = f.process and moment = 'born'),
  iif(count(*) = 1, printf('generator "%s"', f.state), printf('%d generators', count(*))),
  printf('born by %s, pid %d and its parent pid %d part: %s', f.born, f.pid, f.parent_pid,
    group_concat(f.state, ', ')), null, null
from forked_state f where f.guard is 'pthread_atfork' and f.verdict = 'diverged' group by f.process
