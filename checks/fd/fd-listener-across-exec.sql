-- fd-listener-across-exec.sql: a listening socket that a forked process inherited is open in the program that it executes
-- title: Listening socket crosses fork and exec
-- severity: high
-- strength: observed
-- cwe: CWE-403 CWE-668
-- cert: FIO22-C
-- kin: CVE-2003-0740 php-src#11708 RetroShare#51
-- needs: fd identity socket
-- why: The executed program can accept connections in the service's place, and keeps the port taken after the service has
--   ended, so that it cannot start again. This was CVE-2003-0740 (stunnel: a local user takes over the service) and PHP
--   pull request 11708 (children of PHP-FPM hold its socket).
-- accepted: A worker that inherits the listener by fork alone and accepts on it executes nothing and is not looked at
--   here. Sockets that the starter had given; numbers announced by LISTEN_FDS with LISTEN_PID or by NGINX; a program that
--   executes itself again; a socket placed at its number, or made, between fork and exec.
-- fix: Create the listener with SOCK_CLOEXEC (and use accept4 with it), or close it in the child before exec.
select verdict as result, process, look, subject, evidence, reason from exec_descriptor
where listening and not from_starter
union all
select verdict, process, min(look), subject, evidence || iif(count(*) > 1, printf('; and in %d more', count(*) - 1), ''),
  reason
from exec_descriptor where listening and from_starter group by fd, description
union all
select 'pass', process, look, path, 'no listening socket is open above descriptor 2', null from judged_exec j
where not exists (select 1 from exec_descriptor e where e.look = j.look and e.listening and not e.from_starter)
