// Measures the Mandelbrot set.

#include <stdbool.h>
#include <stdint.h>

static bool escapes(double x, double y, uint32_t limit) {
  double real = 0, imaginary = 0;
  for (uint32_t step = 0; step < limit; step++) {
    double real_squared = real * real, imaginary_squared = imaginary * imaginary;
    if (real_squared + imaginary_squared > 4) return true;
    imaginary = 2 * real * imaginary + y;
    real = real_squared - imaginary_squared + x;
  }
  return false;
}

// How many points of a size × size grid over the square from -2-2i to 2+2i are still near zero after `limit` steps.
__attribute__((export_name("points_inside"))) uint32_t points_inside(uint32_t size, uint32_t limit) {
  uint32_t count = 0;
  for (uint32_t row = 0; row < size; row++) {
    for (uint32_t column = 0; column < size; column++) {
      double x = 4.0 * column / size - 2, y = 4.0 * row / size - 2;
      if (!escapes(x, y, limit)) count++;
    }
  }
  return count;
}
