// Counts primes with the sieve of Eratosthenes.

#include <stdbool.h>
#include <stdint.h>

enum { largest_limit = 1000000 };

static bool composite[largest_limit];

// How many primes are below the limit. Traps if the limit is more than a million.
__attribute__((export_name("primes_below"))) uint32_t primes_below(uint32_t limit) {
  if (limit > largest_limit) __builtin_trap();

  for (uint32_t number = 0; number < limit; number++) composite[number] = false;

  uint32_t count = 0;
  for (uint32_t number = 2; number < limit; number++) {
    if (composite[number]) continue;
    count++;
    for (uint64_t multiple = (uint64_t)number * number; multiple < limit; multiple += number) {
      composite[multiple] = true;
    }
  }
  return count;
}
