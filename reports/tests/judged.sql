-- judged.sql - what judging leaves on the connection for reports, made by hand for daemon.sql: findings of several kinds,
-- some with hostile names.
CREATE TEMP TABLE finding (id INTEGER PRIMARY KEY, check_id TEXT NOT NULL, result TEXT NOT NULL, severity TEXT NOT NULL,
  strength TEXT NOT NULL, process INTEGER, look INTEGER, subject TEXT NOT NULL, evidence TEXT NOT NULL, reason TEXT);
CREATE TEMP TABLE check_used (id TEXT, title TEXT, severity TEXT, strength TEXT, cwe TEXT, cert TEXT, why TEXT, accepted TEXT,
  fix TEXT, found INTEGER, accepted_n INTEGER, passed INTEGER, unknown INTEGER);
CREATE TEMP TABLE check_failed (file TEXT, line INTEGER, message TEXT);
CREATE TEMP TABLE check_left_out (id TEXT);

INSERT INTO temp.check_used VALUES
  ('fd-across-exec', 'Descriptor crosses fork and exec', 'medium', 'observed', 'CWE-403', 'FIO22-C',
   'A program that was executed holds a descriptor that its parent opened for itself, and can use it.',
   'Descriptors 0 to 2.', 'Open it with O_CLOEXEC.', 7, 1, 2, 1),
  ('id-recoverable', 'Privilege that was dropped can be taken back', 'critical', 'proven', 'CWE-273', 'POS37-C',
   'Code that is injected into the process calls setuid(0) and is root again.', '', 'Drop with setresuid(2), all three ids.',
   1, 0, 1, 0),
  ('id-drop-order', 'User dropped before the groups', 'high', 'observed', 'CWE-696', 'POS36-C', 'Why.', '', 'Fix.', 0, 0, 3, 0),
  ('rng-shared', 'Generator state shared after fork', 'high', 'observed', 'CWE-335', '', 'Why.', '', 'Fix.', 0, 0, 0, 0);
INSERT INTO temp.check_failed VALUES ('my/own.sql', 12, 'no such column: ruit');
INSERT INTO temp.check_left_out VALUES ('cap-kept');

INSERT INTO temp.finding (check_id, result, severity, strength, process, look, subject, evidence, reason) VALUES
  ('id-recoverable', 'found', 'critical', 'proven', 3, 4, 'saved user id 0 is left',
   'after seteuid(33) the ids are real 0, effective 33, saved 0; a copy of the process called setuid(0) and was root', NULL),
  ('fd-across-exec', 'found', 'medium', 'observed', 4, 5, 'descriptor 7 "/var/log/a' || char(10) || 'fake line' || char(27) || ']0;x' || char(7) || '"',
   'opened by littled, writable, owned by root', NULL),
  ('fd-across-exec', 'found', 'medium', 'observed', 4, 5, 'descriptor 8 ' || CAST(x'fffe80' AS TEXT), 'invalid bytes', NULL),
  ('fd-across-exec', 'found', 'medium', 'observed', 4, 5, 'descriptor 9 ' || char(8238) || 'gpj.exe', 'right-to-left override', NULL),
  ('fd-across-exec', 'found', 'medium', 'observed', 4, 5, 'descriptor 10 <script>alert(''x'')</script> & "quotes" \back', 'markup', NULL),
  ('fd-across-exec', 'found', 'medium', 'observed', 2, 6, 'descriptor 11 /var/cache/littled', 'the same in two', NULL),
  ('fd-across-exec', 'found', 'medium', 'observed', 3, 7, 'descriptor 11 /var/cache/littled', 'the same in two', NULL),
  ('fd-across-exec', 'found', 'medium', 'observed', 4, 5, 'descriptor 12 ' || replace(hex(zeroblob(32768)), '0', 'A'), 'a very long name', NULL),
  ('fd-across-exec', 'accepted', 'medium', 'observed', 2, 3, 'descriptor 6 tcp 127.0.0.1:8080', 'listens',
   'a worker accepts on the socket it was given'),
  ('fd-across-exec', 'unknown', 'medium', 'observed', 3, 4, 'descriptors', 'not seen', 'descriptors of process 4244 could not be read (EACCES)'),
  ('fd-across-exec', 'pass', 'medium', 'observed', 2, 3, 'descriptor 3', 'close-on-exec', NULL),
  ('fd-across-exec', 'pass', 'medium', 'observed', 2, 3, 'descriptor 4', 'close-on-exec', NULL),
  ('id-recoverable', 'pass', 'critical', 'proven', 2, 3, 'all ids are 33', 'a copy could not take 0 back', NULL),
  ('id-drop-order', 'pass', 'high', 'observed', 1, 2, 'master', 'did not drop', NULL),
  ('id-drop-order', 'pass', 'high', 'observed', 2, 3, 'worker', 'groups first', NULL),
  ('id-drop-order', 'pass', 'high', 'observed', 3, 4, 'worker', 'groups first', NULL);
