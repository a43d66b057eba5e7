#include "guest/runtime/runtime.h"
#include "guest/runtime/print.h"
void guest_main(void) { print("hello\n"); }
