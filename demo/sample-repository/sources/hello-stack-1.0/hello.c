#include <stdio.h>

int main(void) {
  puts("hello from the shared stack");
  return 0;
}
