// Turns a title into what may stand in a web address: "Hello, World!" becomes "hello-world".

#include <stdbool.h>
#include <stdint.h>

static char text[65536];

// Where the caller writes the title and finds the result.
__attribute__((export_name("text"))) char *text_address(void) { return text; }

static bool is_letter_or_digit(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

// Replaces the first `length` bytes of the text and returns the length of the result.
__attribute__((export_name("slug"))) uint32_t slug(uint32_t length) {
  if (length > sizeof text) __builtin_trap();

  uint32_t end = 0;
  bool gap = false;
  for (uint32_t index = 0; index < length; index++) {
    char byte = text[index];
    if (byte >= 'A' && byte <= 'Z') byte += 'a' - 'A';
    if (!is_letter_or_digit(byte)) {
      gap = true;
      continue;
    }
    if (gap && end > 0) text[end++] = '-';
    gap = false;
    text[end++] = byte;
  }
  return end;
}
