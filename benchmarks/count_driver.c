/* Runs the engine's object code once, for a counter of instructions: no Python, no compiler. count_driver WORKLOAD OUT: arrays are read from
 * WORKLOAD, the tape of every bar is written to OUT, so that it can be compared with a run of the engine's source. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"

__attribute__((noinline)) void counted(void **arrays) { CALL(arrays); }

int main(int count, char **words) {
  if (count != 3) return 2;
  FILE *file = fopen(words[1], "rb");
  if (!file) return 1;
  void *arrays[ARRAYS];
  int64_t sizes[ARRAYS];
  for (int place = 0; place < ARRAYS; place++) {
    if (fread(&sizes[place], sizeof(int64_t), 1, file) != 1) return 1;
    size_t room = ((size_t)sizes[place] + 127) / 64 * 64;
    arrays[place] = aligned_alloc(64, room);
    memset(arrays[place], 0, room); /* what stands beyond the data is the same in every run */
    if (fread(arrays[place], 1, (size_t)sizes[place], file) != (size_t)sizes[place]) return 1;
  }
  fclose(file);
  counted(arrays);
  FILE *out = fopen(words[2], "wb");
  if (!out || fwrite(arrays[TAPE], 1, (size_t)sizes[TAPE], out) != (size_t)sizes[TAPE] || fclose(out)) return 1;
  return 0;
}
