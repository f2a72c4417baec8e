/* Runs the engine's object code once, for a counter of instructions: no Python, no compiler. count_driver WORKLOAD OUT: the words of a run
 * are read from WORKLOAD, the tape of every bar is written to OUT, so that it can be compared with a run of the engine's source. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"

enum { NUMBER, ARRAY, ARRAY_TWICE };

__attribute__((noinline)) void counted(int64_t *words, int64_t *at_fills) {
  engine(NULL, 0, words, at_fills);
  __asm__ volatile("");  /* not a jump: what is counted begins and ends here */
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  FILE *file = fopen(arguments[1], "rb");
  if (!file) return 1;
  int64_t words[WORDS], at_fills[WORDS], tape_size = 0;
  for (int place = 0; place < WORDS; place++) {
    int64_t head[2];
    if (fread(head, sizeof(int64_t), 2, file) != 2) return 1;
    if (head[0] == NUMBER) {
      words[place] = head[1];
    } else if (head[0] == ARRAY_TWICE) {
      words[place] = words[head[1]];
    } else {
      size_t size = (size_t)head[1], room = (size + 127) / 64 * 64;
      void *array = aligned_alloc(64, room);
      memset(array, 0, room); /* what stands beyond the data is the same in every run */
      if (fread(array, 1, size, file) != size) return 1;
      words[place] = (int64_t)array;
      if (place == TAPE) tape_size = head[1];
    }
  }
  fclose(file);
  memcpy(at_fills, words, sizeof words);
  at_fills[SERIES] = words[FILLS];
  at_fills[FILLS] = words[SERIES];
  counted(words, at_fills);
  FILE *out = fopen(arguments[2], "wb");
  if (!out || fwrite((void *)words[TAPE], 1, (size_t)tape_size, out) != (size_t)tape_size || fclose(out)) return 1;
  return 0;
}
