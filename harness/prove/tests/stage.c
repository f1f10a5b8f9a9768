/* stage.c - the stage of harness/trace/tests, for this folder's suites. */
#include "harness/trace/tests/stage.c"
