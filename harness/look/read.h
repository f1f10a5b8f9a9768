/* read.h - what the parsers of harness/look share: bounded reading of one kernel file, and numbers out of its text. */
#ifndef FORKAUDIT_LOOK_READ_H
#define FORKAUDIT_LOOK_READ_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A whole file, always followed by one NUL byte that `size` does not count. */
struct look_text {
    char *bytes; /* owned; free(3) */
    size_t size;
};

/* Opens "PID/task/TID/NAME" close-on-exec, following no symbolic link in the last place. A descriptor or -errno. */
int look_open(int proc, pid_t pid, pid_t tid, const char *name, int flags);
/* Reads all of `name` below `dir`. -EFBIG when it holds more than `max` bytes; with `cut` not NULL it is cut there
 * instead and *cut tells so. */
int look_read_at(int dir, const char *name, size_t max, int *cut, struct look_text *ret);
/* The same for "PID/task/TID/NAME". */
int look_read(int proc, pid_t pid, pid_t tid, const char *name, size_t max, int *cut, struct look_text *ret);
/* A text file: as look_read_at, but -EBADMSG when it holds a NUL byte or its last line is not ended. */
int look_read_lines_at(int dir, const char *name, size_t max, struct look_text *ret);
int look_read_lines(int proc, pid_t pid, pid_t tid, const char *name, size_t max, struct look_text *ret);
/* id_map.c: the map in `path` below `dir`. */
struct look_id_map;
int look_id_map_at(int dir, const char *path, struct look_id_map *ret);
/* The names of a directory that holds nothing but numbers, ascending. Takes over `dir` and closes it. */
int look_read_numbers(int dir, int **ret, size_t *ret_n);
/* readlink(2), always ended by a NUL. -ENAMETOOLONG when `buffer` is too small for it. */
int look_read_link(int dir, const char *name, char *buffer, size_t size);
/* Makes room for one more element in an array that grows by doubling. */
int look_grow(void **array, size_t n, size_t *room, size_t element);

/* ---- numbers.c: each moves *p behind what it took; -EBADMSG when there is no number or it is above `max` ---- */

/* `base` 8, 10 or 16; digits only: no blank, sign or prefix. */
int look_take_unsigned(const char **p, unsigned base, uint64_t max, uint64_t *ret);
/* Decimal, with an optional '-'. */
int look_take_signed(const char **p, int64_t min, int64_t max, int64_t *ret);
/* Blanks and tabs, none or more. */
void look_take_blanks(const char **p);
/* Exactly this character. */
int look_take_char(const char **p, char c);
/* Cuts the next line off *rest and ends it by a NUL in place of its newline; NULL at the end. */
char *look_take_line(char **rest);

#endif
