-- fd-across-exec.sql: a descriptor that a forked process inherited is still open in the program that it executes
-- title: Descriptor crosses fork and exec
-- severity: medium
-- strength: observed
-- cwe: CWE-403
-- cert: FIO22-C
-- kin: CVE-2008-3889 CVE-2019-12210 CVE-2024-21626 openssh#693 systemd#1451
-- needs: fd identity
-- why: A descriptor without close-on-exec goes into every program that a child executes, which can then read, write or
--   hold open what it was never meant to have, whatever its own ids allow. It gets worse when the new program has less
--   privilege than whoever opened it (then severity high). Kin: CVE-2008-3889 (Postfix epoll descriptor in user
--   commands), CVE-2019-12210 (pam-u2f log in the user's shell), CVE-2024-21626 (runc).
-- accepted: Descriptors that the starter of the audited program had given; numbers announced to the new program by
--   LISTEN_FDS with its LISTEN_PID, by NGINX or by a make jobserver; a program that executes itself again; what was put
--   at its number (dup2), or opened, between fork and exec, for that is meant for the new program. Descriptors 0 to 2
--   are never reported. Listening sockets are reported by fd-listener-across-exec.
-- fix: Open with O_CLOEXEC (SOCK_CLOEXEC, accept4, pipe2, dup3, "e" of fopen), or in the child call
--   close_range(3, ~0U, 0), or spc_sanitize_files(), before exec. Pass on only what the program is meant to have.
select verdict as result, process, look, subject, evidence, reason, iif(lowered, 'high', 'medium') as severity
from exec_descriptor where not listening and not from_starter
union all
-- What the starter gave goes into every program alike: said once.
select verdict, process, min(look), subject, evidence || iif(count(*) > 1, printf('; and in %d more', count(*) - 1), ''),
  reason, 'info'
from exec_descriptor where not listening and from_starter group by fd, description
union all
select 'pass', process, look, path,
  iif(above, printf('none of its %d descriptors above 2 is reported here', above), 'only descriptors 0 to 2 are open'),
  null, null
from judged_exec j
where not exists (select 1 from exec_descriptor e where e.look = j.look and not e.listening and not e.from_starter)
