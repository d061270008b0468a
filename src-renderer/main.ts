import './api/no-eval.ts'

// Only now: what is imported statically is evaluated in an order that the bundler chooses.
void import('./start.ts')
